#!/bin/sh
# Names what has the TCP ports of a machine, a line each; it changes nothing.
#   listener=ADDRESS:PORT PROCESS CONTROL-GROUP   as far as this user may see the latter two; - for what is not seen
#   published=CONTAINER|STACK|PORTS               as docker ps has them
set -u

# An ss older than iproute2 5.8 has no --cgroup. It shows the control group without root since Linux 6.11.
if sockets=$(ss -ltnpH --cgroup 2>/dev/null); then
  printf '%s\n' "$sockets" | while read -r _ _ _ address _ more; do
    process=$(printf '%s' "$more" | sed -n 's/^users:(("\([^"]*\)".*/\1/p')
    group=$(printf '%s' "$more" | sed -n 's/^.*cgroup:\(\/[^ ]*\).*/\1/p')
    printf 'listener=%s %s %s\n' "$address" "${process:--}" "${group:--}"
  done
else
  # The kernel's tables. 0A is a socket that listens; an IPv6 one takes IPv4, too.
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | while read -r _ address _ state _; do
    if [ "$state" = 0A ]; then
      case $address in
        0100007F:*) host=127.0.0.1 ;;
        00000000:* | 00000000000000000000000000000000:*) host='*' ;;
        *) host=- ;;
      esac
      printf 'listener=%s:%d - -\n' "$host" "0x${address##*:}"
    fi
  done
fi
docker ps --format '{{.Names}}|{{.Label "pi-monitoring.stack"}}|{{.Ports}}' 2>/dev/null | sed 's/^/published=/'
exit 0
