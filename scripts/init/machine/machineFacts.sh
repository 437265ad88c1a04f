#!/bin/sh
# Says what `npm run init` must know of a machine, a line each; it changes nothing.
#   machineFacts.sh server | node
set -u

say() {
  printf '%s=%s\n' "$1" "$2"
}

# What apt would install of a package; nothing where it knows none.
candidate() {
  LC_ALL=C apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: *//p' | grep -v '(none)'
}

# What answers `docker`. What it says on standard error, as podman does even where all is well, is no version.
server() {
  said=$(mktemp) || exit 1
  if version=$(timeout 10 docker version --format '{{.Server.Version}}' 2>"$said"); then
    say docker "$version"
  else
    say dockerError "$(tr '\n' ' ' <"$said")"
  fi
  rm -f "$said"
  case $(timeout 10 docker --version 2>/dev/null) in
    *[Pp]odman*) say dockerKind podman ;;
  esac
  case $(timeout 10 docker info --format '{{.SecurityOptions}}' 2>/dev/null) in
    *name=rootless*)
      if [ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" -gt 80 ]; then
        say dockerKind rootless
      fi
      ;;
  esac
}

# The daemons that run, ours left out, each with its control group; the kernel cuts names after 15 characters.
daemons() {
  for process in /proc/[0-9]*; do
    read -r command <"$process/comm" || continue
    case $command in
      prometheus) daemon=prometheus ;;
      node_exporter | node-exporter | prometheus-node) daemon=nodeExporter ;;
      *) continue ;;
    esac
    group=$(sed -n 's/^0:://p' "$process/cgroup")
    case $group in
      */pi-monitoring-*) ;;
      *) say daemon "$daemon $group" ;;
    esac
  done 2>/dev/null
}

say hostname "$(uname -n)"
say architecture "$(uname -m)"
case $1 in
  server)
    if ! command -v docker >/dev/null; then
      say docker missing
    else
      server
    fi
    # Without a route to anywhere by IPv4 it has none.
    if ! grep -q "^[^[:space:]]*[[:space:]]00000000[[:space:]]" /proc/net/route; then
      say ipv4 none
    fi
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
    # It is run: `sudo -l` may list a command for which sudo asks.
    elif echo 'exit 0' | timeout 10 sudo -k -n timeout 900 sh -s -- inspect >/dev/null 2>&1; then
      say sudo works
    else
      say sudo asks
      case $(LC_ALL=C passwd --status 2>/dev/null) in
        *' L '*) say password none ;;
      esac
    fi
    daemons
    systemctl is-active --quiet pi-monitoring-node-exporter.service 2>/dev/null && say own nodeExporter
    systemctl is-active --quiet pi-monitoring-prometheus.service 2>/dev/null && say own prometheus
    ;;
esac
exit 0
