#!/bin/sh
# Prints what must be equal before the first deploy and after the removal, a line for each thing: files (users among them),
# packages, units, listening sockets.
set -eu
export LC_ALL=C

# find_files TEST...: runs find with TEST on all files except these, which change by themselves or are described by other
# lines:
#   apt, dpkg          lists of packages; what is installed, and why, stands below
#   random-seed, timers  systemd writes them whenever it likes
#   ld.so.cache        made of the libraries whenever a package asks for it
#   passwd- ...        copies that a change of users leaves; passwd and the others are compared
#   wal ...            a running Prometheus writes them; its blocks are compared
#   raspberrypi-metrics.prom.*  what fahlke's exporter writes at that moment
find_files() {
  find /etc /usr/local /lib/systemd /var/lib -ignore_readdir_race \( \
    -path /var/lib/apt -o -path /var/lib/dpkg \
    -o -path /var/lib/systemd/random-seed -o -path /var/lib/systemd/timers \
    -o -path /etc/ld.so.cache \
    -o -path /etc/passwd- -o -path /etc/group- -o -path /etc/shadow- -o -path /etc/gshadow- \
    -o -path '/var/lib/prometheus/*wal' -o -path '/var/lib/prometheus/*chunks_head' \
    -o -name 'raspberrypi-metrics.prom.*' \
    -o -path '/var/lib/prometheus/*queries.active' -o -path '/var/lib/prometheus/*lock' \
    \) -prune -o "$@"
}

find_files -printf 'file %p %y %m %u:%g %l\n'
# The exporter of fahlke writes its file again every 15 seconds.
find_files -type f ! -name raspberrypi-metrics.prom -exec sha256sum {} + | sed 's/^/content /'

dpkg-query --show --showformat='package ${binary:Package} ${Version} ${db:Status-Abbrev}\n'
apt-mark showauto | sed 's/^/automatic package /'
dpkg-statoverride --list | sed 's/^/override /'
dpkg-divert --list | sed 's/^/diversion /'

systemctl list-unit-files --no-legend --no-pager | awk '{ print "unit file", $1, $2 }'
systemctl list-units --no-legend --no-pager --plain --type=service --state=running | awk '{ print "runs", $1 }'
systemctl list-units --no-legend --no-pager --plain --type=timer,mount,path --state=active |
  awk '{ print "active", $1 }'

# A simulated Pi is a container; Docker's resolver in it has other ports after a restart.
ss --listening --tcp --udp --numeric --no-header | awk '$5 !~ /^127\.0\.0\.11:/ { print "listens", $1, $5 }'
