#!/bin/sh
# A Pi with Ubuntu that was set up by following tutorials: binaries in /usr/local/bin, one user for each daemon, and units
# that are written by hand. The unit of Prometheus has the name of Debian's, and its data lie where Debian's would.
set -eu

rm /etc/os-release
cat >/etc/os-release <<'SYSTEM'
PRETTY_NAME="Ubuntu 24.04.3 LTS"
NAME="Ubuntu"
VERSION_ID="24.04"
VERSION="24.04.3 LTS (Noble Numbat)"
VERSION_CODENAME=noble
ID=ubuntu
ID_LIKE=debian
HOME_URL="https://www.ubuntu.com/"
SYSTEM

unpacked=$(mktemp -d)
for package in prometheus prometheus-node-exporter; do
  # In place of a download of the project's release. The package is not installed, only unpacked.
  dpkg-deb --extract /var/cache/apt/archives/"$package"_*.deb "$unpacked"
done
install -m 0755 "$unpacked/usr/bin/prometheus-node-exporter" /usr/local/bin/node_exporter
install -m 0755 "$unpacked/usr/bin/prometheus" /usr/local/bin
rm -r "$unpacked"

for user in node_exporter metrics; do
  id "$user" >/dev/null 2>&1 || useradd --system --no-create-home --shell /bin/false "$user"
done
mkdir -p /etc/prometheus
cat >/etc/prometheus/prometheus.yml <<'CONFIGURATION'
global: { scrape_interval: 15s }
scrape_configs:
  - job_name: node_exporter
    static_configs: [{ targets: ["localhost:9100"] }]
CONFIGURATION
install -d -o metrics -g metrics /var/lib/prometheus
chown -R metrics:metrics /etc/prometheus

# The folder in which fahlke's exporter would write is a link, as to another disk. The owner's files of metrics are there.
mkdir -p /srv/metrics /var/lib/node_exporter
ln -sfn /srv/metrics /var/lib/node_exporter/textfile_collector
printf 'tank_litres 830\n' >/srv/metrics/tank.prom

cat >/etc/systemd/system/node_exporter.service <<'UNIT'
[Unit]
Description=Node Exporter
After=network-online.target

[Service]
User=node_exporter
ExecStart=/usr/local/bin/node_exporter --collector.textfile.directory=/var/lib/node_exporter/textfile_collector

[Install]
WantedBy=multi-user.target
UNIT
cat >/etc/systemd/system/prometheus.service <<'UNIT'
[Unit]
Description=Prometheus
After=network-online.target

[Service]
User=metrics
ExecStart=/usr/local/bin/prometheus --config.file=/etc/prometheus/prometheus.yml --storage.tsdb.path=/var/lib/prometheus

[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable --quiet --now node_exporter prometheus
