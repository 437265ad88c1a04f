#!/bin/sh
# Restarts node_exporter with a temporary drop-in, and removes that: the process keeps the other arguments, while its unit
# file is as deployed.
set -eu
folder=/etc/systemd/system/pi-monitoring-node-exporter.service.d
mkdir "$folder"
printf '[Service]\nExecStart=\nExecStart=/usr/bin/prometheus-node-exporter\n' >"$folder/other.conf"
systemctl daemon-reload
systemctl restart pi-monitoring-node-exporter
rm -r "$folder"
systemctl daemon-reload
