#!/bin/sh
# A Pi that was set up by hand years ago. It has both packages of Debian, with arguments of the owner's, and fahlke's
# exporter as its installer leaves it. Its Prometheus keeps 400 days, and has the owner's jobs, rules and remote write.
# Other programs write files of metrics.
set -eu

export DEBIAN_FRONTEND=noninteractive
apt-get -qq -o Dpkg::Options::=--force-unsafe-io install --yes --no-install-recommends \
  prometheus prometheus-node-exporter >/dev/null
systemctl stop prometheus

# What fahlke's installer leaves. The owner has put the folder into memory, to spare the SD card. The script writes one of
# the families of metrics that the real one writes.
folder=/var/lib/node_exporter/textfile_collector
mkdir -p "$folder"
if ! grep -q " $folder " /etc/fstab; then
  echo "tmpfs $folder tmpfs size=1m,mode=0755 0 0" >>/etc/fstab
  mount "$folder"
fi
cat >/usr/local/sbin/raspberrypi_exporter <<'EXPORTER'
#!/bin/bash
metrics=/var/lib/node_exporter/textfile_collector/raspberrypi-metrics.prom
{
  echo "# HELP rpi_temperature Temperatures of the components in degree celsius."
  echo "# TYPE rpi_temperature gauge"
  for sensor in /sys/class/thermal/thermal_zone*; do
    echo "rpi_temperature{sensor=\"${sensor##*/}\",type=\"$(<"$sensor/type")\"} $(($(<"$sensor/temp") / 1000))"
  done
} >"$metrics.$$"
mv "$metrics.$$" "$metrics"
EXPORTER
chmod 0755 /usr/local/sbin/raspberrypi_exporter
cat >/etc/systemd/system/raspberrypi_exporter.service <<'UNIT'
[Unit]
Description=Raspberry Pi metrics for node_exporter

[Service]
Type=oneshot
ExecStart=/usr/local/sbin/raspberrypi_exporter
UNIT
cat >/etc/systemd/system/raspberrypi_exporter.timer <<'UNIT'
[Unit]
Description=Raspberry Pi metrics every 15 seconds

[Timer]
OnCalendar=*:*:0/15
AccuracySec=1s

[Install]
WantedBy=timers.target
UNIT

cat >/etc/default/prometheus-node-exporter <<'DEFAULTS'
# Set the command-line arguments to pass to the server.
ARGS="--collector.textfile.directory=/var/lib/node_exporter/textfile_collector --collector.systemd \
      --collector.systemd.unit-include='^(ssh|cron.*)\.service$'"
DEFAULTS

# As an installer appends it: of two lines the last one counts.
cat >>/etc/default/prometheus <<'DEFAULTS'

ARGS="--storage.tsdb.retention.time=400d --web.listen-address=127.0.0.1:9090 --web.enable-admin-api"
DEFAULTS
cat >/etc/prometheus/prometheus.yml <<'CONFIGURATION'
global:
  scrape_interval: 15s
  external_labels: { monitor: home }
rule_files: [alert.rules]
scrape_configs:
  - job_name: ping
    metrics_path: /probe
    params: { module: [http_2xx] }
    file_sd_configs: [{ files: [pinghosts.yaml] }]
    relabel_configs:
      - { source_labels: [__address__], target_label: __param_target }
      - { target_label: __address__, replacement: "127.0.0.1:9115" }
  - job_name: node
    static_configs: [{ targets: ["localhost:9100"] }]
remote_write:
  - url: http://127.0.0.1:9/api/prom/push
    basic_auth: { username: "12345", password_file: /etc/prometheus/cloud }
CONFIGURATION
cat >/etc/prometheus/alert.rules <<'RULES'
groups:
  - name: heating
    rules:
      - alert: FlowTooHot
        expr: heating_flow_temperature > 75
        for: 5m
RULES
echo '[{ "targets": ["192.0.2.1"] }]' >/etc/prometheus/pinghosts.yaml
echo 'not-a-real-password' >/etc/prometheus/cloud
chown root:prometheus /etc/prometheus/cloud
chmod 0640 /etc/prometheus/cloud

# One block of 30 days ago, and one of 6 hours ago: Prometheus measures the age of a block from the newest one. Each begins
# at a multiple of 2 hours, as Prometheus's own blocks do, so that Prometheus does not write it again.
for age in 2592000 21600; do
  awk -v begin=$((($(date +%s) - age) / 7200 * 7200)) 'BEGIN {
    print "# TYPE heating_flow_temperature gauge"
    for (i = 0; i < 60; i++)
      printf "heating_flow_temperature{circuit=\"1\"} %d %d\n", 30 + i % 7, begin + 60 * i
    print "# EOF"
  }' >/tmp/block.om
  promtool tsdb create-blocks-from openmetrics /tmp/block.om /var/lib/prometheus/metrics2 >/dev/null
done
rm /tmp/block.om
chown -R prometheus:prometheus /var/lib/prometheus/metrics2

# What other programs write: in the folder of Debian's collectors, and in fahlke's.
cat >/var/lib/prometheus/node-exporter/role.prom <<'METRICS'
# HELP node_role What a machine is for.
# TYPE node_role gauge
node_role{role="heating",rack="cellar"} 1
METRICS
# As Debian's collectors name theirs, though that package is not here.
printf 'smartmon_device_active{disk="/dev/sda"} 1\n' >/var/lib/prometheus/node-exporter/smartmon.prom
chown prometheus:prometheus /var/lib/prometheus/node-exporter/smartmon.prom
cat >"$folder/restic.prom" <<'METRICS'
# TYPE restic_last_success_timestamp_seconds gauge
restic_last_success_timestamp_seconds{repository="nas"} 1795834800
METRICS

systemctl daemon-reload
systemctl enable --quiet --now raspberrypi_exporter.timer
systemctl start raspberrypi_exporter.service
systemctl restart prometheus prometheus-node-exporter
