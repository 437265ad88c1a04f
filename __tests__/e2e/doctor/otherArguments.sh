#!/bin/sh
# Starts node_exporter with other arguments than its unit file has: by a drop-in that is gone again, which systemd does not
# know before it reads its files.
set -eu
folder=/etc/systemd/system/pi-monitoring-node-exporter.service.d
mkdir "$folder"
printf '[Service]\nExecStart=\nExecStart=/usr/bin/prometheus-node-exporter\n' >"$folder/other.conf"
systemctl daemon-reload
systemctl restart pi-monitoring-node-exporter
rm -r "$folder"
systemctl daemon-reload
