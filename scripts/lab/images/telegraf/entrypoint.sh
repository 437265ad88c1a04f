#!/bin/sh
# Runs as the user telegraf; options alone are options of telegraf.
set -eu

case $1 in
  -*) set -- telegraf "$@" ;;
esac
if [ "$(id -u)" = 0 ]; then
  export HOME=/etc/telegraf
  exec setpriv --reuid telegraf --regid telegraf --init-groups "$@"
fi
exec "$@"
