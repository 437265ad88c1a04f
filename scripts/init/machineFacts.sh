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

# What apt would install of a package; nothing where it knows none.
candidate() {
  LC_ALL=C apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: *//p' | grep -v '(none)'
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
    say osName "${PRETTY_NAME:-a system without a name}"
    if [ -d /run/systemd/system ]; then
      say systemd "$(systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')"
    fi
    if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
      # On a new card there are none: what apt offers is then unknown.
      if [ -n "$(find /var/lib/apt/lists -name '*_Packages*' 2>/dev/null | head -n 1)" ]; then
        say apt lists
        for package in prometheus-node-exporter prometheus-node-exporter-collectors prometheus; do
          say package "$package $(candidate "$package")"
        done
      else
        say apt empty
      fi
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
