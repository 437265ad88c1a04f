#!/bin/sh
# Gives the data to the user influxdb, and continues as that user.
set -eu

if [ "$1" = influxd ] && [ "$(id -u)" = 0 ]; then
  data=$(dirname "$INFLUXD_BOLT_PATH")
  mkdir -p "$data" "$INFLUXD_ENGINE_PATH"
  chmod 700 "$data" "$INFLUXD_ENGINE_PATH"
  chown -R influxdb:influxdb "$data" "$INFLUXD_ENGINE_PATH"
  export HOME=/home/influxdb
  exec setpriv --reuid influxdb --regid influxdb --init-groups "$@"
fi
exec "$@"
