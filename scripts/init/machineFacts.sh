#!/bin/sh
# Says what `npm run init` must know of a machine, a line each; it changes nothing.
#   machineFacts.sh server | node
set -u

say() {
  printf '%s=%s\n' "$1" "$2"
}

listens_on() {
  # The kernel's table: ss need not be there. 0A is a socket that listens.
  grep -qs "^ *[0-9]*: [0-9A-F]*:$1 [0-9A-F:]* 0A " /proc/net/tcp /proc/net/tcp6
}

say hostname "$(uname -n)"
say architecture "$(uname -m)"
case $1 in
  server)
    if ! command -v docker >/dev/null; then
      say docker missing
    elif version=$(timeout 10 docker version --format '{{.Server.Version}}' 2>&1); then
      say docker "$version"
    else
      say dockerError "$(printf '%s' "$version" | tr '\n' ' ')"
    fi
    listens_on 0050 && say listens 80
    listens_on 01BB && say listens 443
    ;;
  node)
    if [ -r /etc/os-release ]; then
      # shellcheck source=/dev/null
      . /etc/os-release
    fi
    say os "${ID:-unknown}"
    say release "${VERSION_CODENAME:-unknown}"
    say osName "${PRETTY_NAME:-unknown}"
    if [ -d /run/systemd/system ]; then
      say systemd yes
    fi
    if [ "$(id -u)" = 0 ]; then
      say sudo unneeded
    elif ! command -v sudo >/dev/null; then
      say sudo missing
    elif timeout 10 sudo -n -l /usr/bin/timeout 900 sh -s -- apply >/dev/null 2>&1; then
      say sudo works
    else
      say sudo asks
    fi
    ;;
esac
exit 0
