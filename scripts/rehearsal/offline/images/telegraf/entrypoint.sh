#!/bin/sh
# Runs as the user telegraf; options alone are options of telegraf.
set -eu

case $1 in
  -*) set -- telegraf "$@" ;;
esac
if [ "$(id -u)" = 0 ]; then
  # The official image does so for inputs that this project does not use. As a result not even root in the container can
  # read the environment of the process.
  setcap cap_net_raw,cap_net_bind_service+ep /usr/bin/telegraf ||
    echo 'Failed to set additional capabilities on /usr/bin/telegraf'
  export HOME=/etc/telegraf
  exec setpriv --reuid telegraf --regid telegraf --init-groups "$@"
fi
exec "$@"
