#!/bin/sh
# Writes for node_exporter what the power chip of a Raspberry Pi 5 measures, and how the battery of its clock is charged.
# Other models have no such chip, and get no file.
# Source: https://www.raspberrypi.com/documentation/computers/os.html#pmic_read_adc
set -eu
# In another locale, which systemd passes on, mawk reads and writes numbers with a comma.
export LC_ALL=C

file=${1:-/run/pi-monitoring/textfiles/raspberrypi-power.prom}
charging=${2:-/sys/class/rtc/rtc0/charging_voltage}
trap 'rm -f "$file.new"' EXIT
mkdir -p "${file%/*}"

# Lines look like `VDD_CORE_A current(7)=1.42880000A` and `EXT5V_V volt(24)=5.05716000V`. vcgencmd can hang with the firmware.
measured() {
  timeout -k 1 3 vcgencmd pmic_read_adc 2>/dev/null |
    sed -n 's/^ *\([A-Z0-9_]*\)_\(A current\|V volt\)([0-9]*)=\([0-9]*\.[0-9]*\)[AV] *$/\1 \2 \3/p'
}

rails() {
  measured | awk '
    $3 == "current" { amperes[$1] = $4 }
    # Without a battery some millivolts are measured.
    $3 == "volt" && ($1 != "BATT" || $4 >= 0.5) { volts[$1] = $4 }
    function family(metric, meaning) { printf "# HELP %s %s\n# TYPE %s gauge\n", metric, meaning, metric }
    function sample(metric, rail, value) { printf "%s{rail=\"%s\"} %.6f\n", metric, rail, value }
    END {
      for (found in volts) break
      if (found == "") exit
      family("rpi_rail_volts", "The voltage of a rail: EXT5V is the input, BATT the battery of the clock.")
      for (rail in volts) sample("rpi_rail_volts", rail, volts[rail])
      family("rpi_rail_amperes", "The current of a rail.")
      for (rail in amperes) sample("rpi_rail_amperes", rail, amperes[rail])
      family("rpi_rail_watts", "The power of a rail.")
      for (rail in amperes) if (rail in volts) sample("rpi_rail_watts", rail, amperes[rail] * volts[rail])
    }'
}

charging_voltage() {
  microvolts=$(cat "$charging" 2>/dev/null) || return 0
  case $microvolts in
    '' | *[!0-9]*) return ;;
  esac
  echo '# HELP rpi_rtc_charging_volts The voltage to which the battery of the clock is charged; 0 if it is not charged.'
  echo '# TYPE rpi_rtc_charging_volts gauge'
  awk -v microvolts="$microvolts" 'BEGIN { printf "rpi_rtc_charging_volts %.6f\n", microvolts / 1000000 }'
}

rails >"$file.new"
if [ -s "$file.new" ]; then
  charging_voltage >>"$file.new"
  mv -f "$file.new" "$file"
fi
