#!/bin/sh
# Writes the kernel's temperatures, and the valid lines of raspberrypi_exporter: node_exporter refuses a file with one
# invalid line. If the firmware does not answer, it writes the temperatures only.
set -eu
# In another locale, which systemd passes on, mawk writes numbers with a comma.
export LC_ALL=C

folder=${1:-/run/pi-monitoring/textfiles}
exporter=${2:-/usr/local/lib/pi-monitoring/raspberrypi_exporter}
sys=${3:-/sys}
mounts=${4:-/proc/mounts}
file=$folder/raspberrypi-metrics.prom
mkdir -p "$folder"
scratch=$(mktemp -d -p "${folder%/*}")
trap 'rm -rf "$file.new" "$scratch"' EXIT

# Without its device, vcgencmd prints a text that the exporter takes for numbers. It can also hang.
firmware_answers() {
  { timeout -k 1 3 vcgencmd get_throttled || true; } 2>/dev/null | grep -q '^throttled=0x[0-9a-fA-F]'
}

# The exporter's folder is fixed in its script, and another exporter may use it: a copy of the script writes into ours. A
# subshell keeps the shell's message about a killed program away.
run_exporter() {
  interpreter=$(sed -n '1s/^#! *//p' "$exporter")
  sed "s|/var/lib/node_exporter/textfile_collector|$scratch|g" "$exporter" >"$scratch/exporter"
  # shellcheck disable=SC2086 # it may have an argument
  (timeout -k 1 8 $interpreter "$scratch/exporter" || exit 1) >/dev/null 2>&1
}

# Drops its temperatures, which have fans for sensors, and voltages of 0, which were not measured.
readable_lines() {
  awk '
    / rpi_temperature |^rpi_temperature\{/ { next }
    /^# (HELP|TYPE) rpi_/ { print }
    !/^rpi_[a-z_]+\{[^{}]*\} -?[0-9]+(\.[0-9]+)?$/ { next }
    /^rpi_voltage\{/ && / 0$/ { next }
    { print }' "$1"
}

# temperature SENSOR FOLDER FILE_OF_TYPE FILE_OF_TEMPERATURE: fails if the sensor has no plausible value.
temperature() {
  kind=$(tr -dc '[:alnum:] _.-' 2>/dev/null <"$2/$3") || return 1
  awk -v sensor="$1" -v kind="$kind" '
    NR == 1 && /^-?[0-9]+$/ && $1 >= -50000 && $1 <= 150000 {
      printf "rpi_temperature{sensor=\"%s\",type=\"%s\"} %.3f\n", sensor, kind, $1 / 1000
      found = 1
    }
    END { exit !found }' "$2/$4" 2>/dev/null
}

# A machine without a thermal zone may report its processor's temperature by a hardware monitor.
processor_monitor() {
  for monitor in "$sys"/class/hwmon/hwmon*; do
    case $(cat "$monitor/name" 2>/dev/null) in
      cpu* | soc* | coretemp | k10temp | zenpower)
        temperature processor "$monitor" name temp1_input && return
        ;;
    esac
  done
}

kernel_temperatures() {
  echo '# HELP rpi_temperature Temperatures that the kernel reports, in degrees Celsius.'
  echo '# TYPE rpi_temperature gauge'
  for zone in "$sys"/class/thermal/thermal_zone*; do
    temperature "${zone##*/}" "$zone" type temp || true
  done
  if ! temperature thermal_zone0 "$sys/class/thermal/thermal_zone0" type temp >/dev/null; then
    processor_monitor || true
  fi
}

# A card that fails becomes read-only, which newer releases of node_exporter do not report:
# https://github.com/prometheus/node_exporter/issues/3157
root_read_only() {
  echo '# HELP rpi_root_readonly Whether / is read-only.'
  echo '# TYPE rpi_root_readonly gauge'
  awk '$2 == "/" { options = $4 } END { print "rpi_root_readonly", options ~ /^ro(,|$)/ ? 1 : 0 }' "$mounts"
}

{
  kernel_temperatures
  root_read_only
} >"$file.new"
if firmware_answers && run_exporter && [ -e "$scratch/raspberrypi-metrics.prom" ]; then
  readable_lines "$scratch/raspberrypi-metrics.prom" >>"$file.new"
fi
chmod 0644 "$file.new"
mv -f "$file.new" "$file"
