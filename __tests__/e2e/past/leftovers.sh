#!/bin/sh
# A Pi that once had a node_exporter: its package is removed and not purged, its unit masked by hand, and files with metrics
# of the Pi's owner are still there. The system is Armbian, one source of apt is dead, and the lists are empty as on a new
# card.
set -eu

export DEBIAN_FRONTEND=noninteractive
apt-get -qq -o Dpkg::Options::=--force-unsafe-io install --yes --no-install-recommends prometheus-node-exporter >/dev/null
cat >/etc/default/prometheus-node-exporter <<'DEFAULTS'
# Set by hand.
ARGS="--collector.processes --web.listen-address=127.0.0.1:9100"
DEFAULTS
folder=/var/lib/prometheus/node-exporter
mkdir -p "$folder"
printf 'backup_last_success_timestamp_seconds 1795834800\n' >"$folder/backup.prom"
# node_exporter cannot read it: it must stay hidden, and the other is shown.
chmod 0600 "$folder/backup.prom"
printf 'solar_power_watts 412\n' >"$folder/solar.prom"
chown pi:pi "$folder/solar.prom"
apt-get -qq remove --yes prometheus-node-exporter >/dev/null
systemctl --quiet mask prometheus-node-exporter.service

# It is a link into /usr/lib.
rm /etc/os-release
cat >/etc/os-release <<'SYSTEM'
PRETTY_NAME="Armbian 23.11.1 bookworm"
NAME="Armbian"
VERSION_ID="23.11.1"
VERSION="23.11.1 (bookworm)"
VERSION_CODENAME=bookworm
ID=armbian
ID_LIKE=debian
HOME_URL="https://www.armbian.com"
SYSTEM

# A web server that answers and has no repository: `apt-get update` ends with 100.
echo 'deb http://vps.local:8000/gone stable main' >/etc/apt/sources.list.d/gone.list
find /var/lib/apt/lists -type f ! -name lock -delete
