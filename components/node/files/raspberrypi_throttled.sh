#!/bin/sh
# Writes for node_exporter whether the firmware throttles the Raspberry Pi, and why.
# Source: https://www.raspberrypi.com/documentation/computers/os.html#get_throttled
set -eu

file=${1:-/run/pi-monitoring/textfiles/raspberrypi-throttled.prom}
# In memory, so that it is reported once a boot.
reported=${2:-/run/pi-monitoring/throttled.reported}
trap 'rm -f "$file.new"' EXIT

# vcgencmd can hang with the firmware.
ask() {
  timeout -k 1 3 vcgencmd "$@" 2>/dev/null || true
}

# Answers look like throttled=0x50005 and arm_freq=1500. The highest bit is the 19th; all 32 bits set is an error.
bits=$(ask get_throttled | sed -n 's/^throttled=\(0x[0-9a-fA-F]\{1,5\}\)$/\1/p')
# Some firmware answers 0 for a clock that config.txt does not set: https://github.com/raspberrypi/firmware/issues/439
megahertz=$(ask get_config arm_freq | sed -n 's/^arm_freq=\([1-9][0-9]\{0,4\}\)$/\1/p')
if [ -z "$bits" ]; then
  # The old file stays: node_exporter reports its age, by which an alert fires.
  if command -v vcgencmd >/dev/null && [ ! -e "$reported" ]; then
    : >"$reported"
    # The number is the level of a warning.
    echo '<4>vcgencmd get_throttled does not answer; this is reported once a boot' >&2
  fi
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
