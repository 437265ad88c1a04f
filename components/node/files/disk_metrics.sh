#!/bin/sh
# Writes for node_exporter what the disks report about themselves by SMART. A disk that sleeps is not woken. A node without
# such a disk has no file: smartctl does not list SD cards.
set -eu

file=${1:-/run/pi-monitoring/textfiles/disks.prom}
command -v smartctl >/dev/null || {
  rm -f "$file"
  exit 0
}
mkdir -p "${file%/*}"
scratch=$(mktemp -d -p "${file%/*/*}")
trap 'rm -rf "$file.new" "$scratch"' EXIT

# A disk that fails may answer after minutes, or never. In another locale, numbers have dots or blanks in them.
ask() {
  timeout -k 2 20 env LC_ALL=C smartctl "$@" 2>/dev/null
}

# last_metrics_of DISK: those of the last run, but for the temperature.
last_metrics_of() {
  grep -F "{disk=\"$1\"," "$file" 2>/dev/null | grep -v '^rpi_disk_temperature_celsius{' || true
}

# metrics_of DISK: reads a report of smartctl, of ATA (SATA), SCSI (USB) and NVMe. Debian's smartmon.sh reads no values of
# NVMe, and stops at the first NVMe disk behind USB.
metrics_of() {
  awk -v disk="$1" '
    function set(metric, value) { if (!(metric in values)) order[++count] = metric; values[metric] = value }
    function number(text) { gsub(/,/, "", text); return text + 0 }
    function set_temperature(celsius) { if (celsius > 0 && celsius < 150) set("temperature_celsius", celsius) }
    function rest() { sub(/^[^:]*: */, ""); gsub(/[^A-Za-z0-9 ._\/+-]/, ""); gsub(/  +/, " "); return substr($0, 1, 64) }

    BEGIN {
      life_left = "^(Media_Wearout_Indicator|Percent_Lifetime_(Remain|Used)|Perc_Rated_Life_Used|" \
        "Remaining_Lifetime_Perc|SSD_Life_Left(_Perc)?|Wear_Leveling_Count)$"
    }

    /^(Device Model|Model Number|Product):/ { model = rest(); next }
    /^SMART support is: *Unavailable/ { exit }
    /^SMART overall-health .*: PASSED/ || /^SMART Health Status: OK/ { set("healthy", 1) }
    /^SMART overall-health .*: FAILED/ || /^SMART Health Status: .*(FAIL|EXCEEDED|IMPENDING)/ { set("healthy", 0) }

    # A row of the table of ATA: ID# NAME FLAG VALUE WORST THRESH TYPE UPDATED WHEN_FAILED RAW_VALUE
    $1 ~ /^[0-9]+$/ && $3 ~ /^0x/ && NF >= 10 {
      if ($1 == 5) set("reallocated_sectors", $10 + 0)
      if ($1 == 197) set("pending_sectors", $10 + 0)
      # Some disks count something else in the higher bits.
      if ($1 == 9 && $10 + 0 < 1000000) set("power_on_hours", $10 + 0)
      if ($1 == 194 || ($1 == 190 && !("temperature_celsius" in values))) set_temperature($10 + 0)
      # What is left, from 100 down to 1; a 0 was not measured.
      if ($2 ~ life_left && $4 >= 1 && $4 <= 100 && 100 - $4 >= wear) set("wear_percent", wear = 100 - $4)
    }

    /^Temperature: .* Celsius/ { set_temperature(number($2)) }
    /^Available Spare:/ { set("spare_percent", number($3)) }
    /^Available Spare Threshold:/ { set("spare_threshold_percent", number($4)) }
    /^Percentage Used:/ { set("wear_percent", number($3)) }
    /^Power On Hours:/ { set("power_on_hours", number($4)) }
    /^Media and Data Integrity Errors:/ { set("media_errors", number($6)) }

    /^Current Drive Temperature:/ { set_temperature(number($4)) }
    /^Elements in grown defect list:/ { set("reallocated_sectors", number($6)) }
    /^Accumulated power on time, hours:minutes/ { split($6, time, ":"); set("power_on_hours", number(time[1])) }
    /^Percentage used endurance indicator:/ { set("wear_percent", number($5)) }

    END {
      for (each = 1; each <= count; each++) {
        printf "rpi_disk_%s{disk=\"%s\",model=\"%s\"} %.0f\n", order[each], disk, model == "" ? "unknown" : model, values[order[each]]
      }
    }'
}

# with_help: sorts the metrics, and describes each.
with_help() {
  sort | awk '
    BEGIN {
      help["healthy"] = "Whether the self-assessment of the disk has passed."
      help["media_errors"] = "Errors of the memory of an NVMe disk that it could not correct."
      help["pending_sectors"] = "Sectors that the disk could not read."
      help["power_on_hours"] = "Hours for which the disk was powered on."
      help["reallocated_sectors"] = "Sectors that the disk has replaced by spare ones."
      help["spare_percent"] = "Spare blocks that are left, in percent."
      help["spare_threshold_percent"] = "The spare blocks below which the disk reports a failure, in percent."
      help["temperature_celsius"] = "The temperature of the disk, in degrees Celsius."
      help["wear_percent"] = "The rated writes that are used up, in percent."
    }
    {
      name = $0
      sub(/\{.*/, "", name)
      if (name != last) {
        key = name
        sub(/^rpi_disk_/, "", key)
        printf "# HELP %s %s\n# TYPE %s gauge\n", name, help[key], name
        last = name
      }
      print
    }'
}

ask --scan-open >"$scratch/disks" || true
while read -r device option kind _; do
  case $device$option in
    /dev/*-d) ;;
    # A comment: this disk could not be opened.
    *) continue ;;
  esac
  disk=${device#/dev/}
  status=0
  # Of the bits of its status, 0 and 1 mean that there is no report; both are our number for a disk that sleeps.
  ask -n standby,3 -i -H -A -d "$kind" "$device" >"$scratch/report" </dev/null || status=$?
  if [ "$status" -eq 3 ]; then
    last_metrics_of "$disk"
  elif [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
    # It has not answered in time.
    last_metrics_of "$disk" | sed 's/^\(rpi_disk_healthy{.*}\) .*/\1 0/'
  elif [ $((status & 3)) -eq 0 ]; then
    metrics_of "$disk" <"$scratch/report"
  fi
done <"$scratch/disks" >"$scratch/metrics"

if [ ! -s "$scratch/metrics" ]; then
  rm -f "$file"
  exit 0
fi
with_help <"$scratch/metrics" >"$file.new"
mv -f "$file.new" "$file"
