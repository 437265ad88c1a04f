#!/bin/sh
# Writes for node_exporter what no exporter has: whether the firmware holds the Raspberry Pi back, and why.
# Source: https://www.raspberrypi.com/documentation/computers/os.html#get_throttled
set -eu

file=${1:-/var/lib/node_exporter/textfile_collector/raspberrypi-throttled.prom}
trap 'rm -f "$file.new"' EXIT

# Of answers such as throttled=0x50005 and arm_freq=1500.
bits=$(vcgencmd get_throttled | sed -n 's/^throttled=\(0x[0-9a-fA-F]\{1,8\}\)$/\1/p')
# Some firmware answers 0 for a clock that config.txt does not set: https://github.com/raspberrypi/firmware/issues/439
megahertz=$(vcgencmd get_config arm_freq | sed -n 's/^arm_freq=\([1-9][0-9]\{0,4\}\)$/\1/p')
if [ -z "$bits" ]; then
  # The old file stays: node_exporter tells its age, and an alert tells who reads it.
  echo 'vcgencmd get_throttled did not answer' >&2
  exit 1
fi

metric() {
  printf 'rpi_throttled{condition="%s",since="now"} %d\n' "$2" "$(((bits >> $1) & 1))"
  printf 'rpi_throttled{condition="%s",since="boot"} %d\n' "$2" "$(((bits >> ($1 + 16)) & 1))"
}

{
  echo '# HELP rpi_throttled Whether the firmware reports the condition, now or at any time since the boot.'
  echo '# TYPE rpi_throttled gauge'
  metric 0 under_voltage
  metric 1 frequency_capped
  metric 2 throttled
  metric 3 soft_temperature_limit
  if [ -n "$megahertz" ]; then
    echo '# HELP rpi_frequency_max The highest clock that is configured, in hertz.'
    echo '# TYPE rpi_frequency_max gauge'
    printf 'rpi_frequency_max{component="arm"} %d000000\n' "$megahertz"
  fi
} >"$file.new"
mv -f "$file.new" "$file"
