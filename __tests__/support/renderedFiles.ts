import { merge, renderInspection } from "../../components/machine/installed";
import { renderExporters, renderExporterUnit } from "../../components/node/exporters";
import {
  managedOnMaster,
  renderMasterSetup,
  renderPrometheusConfig,
  renderPrometheusUnit,
} from "../../components/node/prometheusMaster";
import {
  managedOnNode,
  renderNodeExporterUnit,
  renderNodeSetup,
  renderTextfilesUnit,
} from "../../components/node/piNode";
import { backupView, renderBackup } from "../../components/server/backup/backup";
import { renderBackupTimer, renderUnits } from "../../components/server/backup/backupTimer";
import {
  coarserBuckets,
  renderDownsampling,
  renderTask,
} from "../../components/server/influxdb/downsampling";
import { renderTokenCheck } from "../../components/server/influxdb/externalInfluxDb";
import { renderAdminPassword, renderDataSource } from "../../components/server/grafana/grafana";
import { renderIngestSite, renderPortalStart } from "../../components/server/ingress/httpsPortal";
import { renderInfluxInspection } from "../../components/server/influxdb/influxApi";
import { renderInfluxConnection } from "../../components/server/influxdb/influxConnection";
import { renderSetup } from "../../components/server/influxdb/influxDb";
import { renderToken } from "../../components/server/influxdb/influxToken";
import { renderIngestCredential } from "../../components/server/ingress/ingestCredential";
import { renderIngestNginx } from "../../components/server/ingress/ingestNginx";
import { renderHeartbeatRelay } from "../../components/server/ingress/heartbeatRelay";
import { renderPortalCertificate } from "../../components/server/ingress/portalCertificate";
import { renderTelegrafConfig, renderTelegrafStart } from "../../components/server/telegraf/telegraf";
import { renderTokenRevocation } from "../../components/server/influxdb/tokenRevocation";
import { exporterNames, exportersOf } from "../../components/settings/exporters";
import type { NodeSettings } from "../../components/settings/settings";
import { exampleSettings } from "./exampleSettings";
import { exampleTelegraf } from "./exampleTelegraf";

const settings = exampleSettings();
const { influxdb, prometheus, nodes, exporter, presets } = settings;
const node = nodes[0] as NodeSettings;
const { adminUser } = influxdb;

/** A node with every exporter, one of them with arguments, and with that of the probes. */
export const nodeWithExporters: NodeSettings = {
  ...node,
  exporters: exportersOf(
    {
      exporters: Object.fromEntries(exporterNames.map((name) => [name, {}])),
      presets: exampleSettings({ presets: { internet: true } }).presets,
    },
    {
      master: true,
      exporters: { process: { port: 9356, arguments: ["--procnames=a b,$HOME,100%", "--threads=false"] } },
    },
  ),
};

/** The unit of each exporter, by the name of the exporter. */
export const exporterUnits = Object.fromEntries(
  nodeWithExporters.exporters.map((each) => [each.name, renderExporterUnit(nodeWithExporters, each)]),
);
const adminPassword = "ADMIN-PASSWORD";
const master = { node, nodes, settings: prometheus, remoteWriteUrl: "https://telegraf.example.com/telegraf" };

const backup = backupView(settings);
const timer = { ...backup, user: "admin", at: "03:15" };
const units = renderUnits(timer);

/** The connection to an existing InfluxDB. */
export const byToken = { adminToken: "ADMIN-TOKEN", apiUrl: "https://influxdb.example.org" };

/** What each template of the program renders to, by the template's name without `.mustache`. */
export const renderedFiles = {
  "backup.sh": renderBackup(backup),
  "backupTimer.service": units.service,
  "backupTimer.sh": renderBackupTimer(timer),
  "backupTimer.timer": units.timer,
  "downsampling.sh": renderDownsampling(settings, { adminUser, adminPassword }, "0123456789abcdef"),
  "downsamplingTask.flux": coarserBuckets({ influxdb, outageHours: 24 })
    .map((bucket) => renderTask("test", bucket, settings))
    .join("\n"),
  "exporters.sh": renderExporters({
    ...nodeWithExporters,
    exporters: nodeWithExporters.exporters.filter(({ name }) =>
      ["apache", "blackbox", "internet"].includes(name),
    ),
  }),
  "externalInfluxDb.check.sh": renderTokenCheck(
    { ...influxdb, url: "https://influxdb.example.org" },
    { writeToken: "WRITE-TOKEN", readToken: "READ-TOKEN" },
  ),
  "grafana.adminPassword.sh": renderAdminPassword("GRAFANA-PASSWORD"),
  "grafana.datasource.yaml": renderDataSource(settings),
  "heartbeatRelay.conf": renderHeartbeatRelay(
    "https://kuma.example.com:3001/api/push/TOKEN?status=up&msg=OK&ping=",
  ),
  "httpsPortal.ingest.conf": renderIngestSite(
    { host: "telegraf.example.com", upstream: "http://telegraf:8080" },
    "production",
  ),
  "httpsPortal.start.sh": renderPortalStart(),
  "influxApi.inspect.sh": renderInfluxInspection(
    { adminUser, adminPassword },
    { org: influxdb.org, buckets: ["prometheus", "prometheus_5m"], tasks: ["test: prometheus_5m"] },
  ),
  "influxConnection.sh": renderInfluxConnection(influxdb, byToken),
  "influxDb.setup.sh": renderSetup({ ...influxdb, adminPassword }),
  "influxToken.sh": renderToken(
    { adminUser, adminPassword },
    {
      action: "write",
      description: "test: telegraf",
      orgId: "0123456789abcdef",
      bucketIds: ["fedcba9876543210"],
    },
  ),
  "ingestCredential.sh": renderIngestCredential({
    credential: "CREDENTIAL",
    master: "kube-0",
    masters: ["kube-0", "kube-1"],
  }),
  "ingestProxy.nginx.conf": renderIngestNginx(
    "ingestProxy",
    { telegraf: "http://telegraf-behind-gate:8080" },
    { include: "" },
  ),
  "installed.inspect.sh": renderInspection(
    merge([
      managedOnNode({ node, exporter, presets }),
      managedOnMaster(master, "CREDENTIAL", "CERTIFICATE\n"),
    ]),
    240,
  ),
  "loopbackIngress.nginx.conf": renderIngestNginx(
    "loopbackIngress",
    {
      influxdb: "http://influxdb:8086",
      grafana: "http://grafana:3000",
      telegraf: "http://telegraf:8080",
    },
    { include: "" },
  ),
  "pi-monitoring-exporter.service": ["apache", "blackbox", "postgres", "process"]
    .map((name) => exporterUnits[name])
    .join("\n"),
  "pi-monitoring-node-exporter.service": renderNodeExporterUnit(node),
  "pi-monitoring-prometheus.service": renderPrometheusUnit(master),
  "pi-monitoring-textfiles.service": renderTextfilesUnit(presets),
  "piNode.sh": renderNodeSetup({ node, exporter, presets }),
  "portalCertificate.sh": renderPortalCertificate({
    host: "telegraf.example.com",
    certificates: "staging",
    ours: true,
  }),
  "prometheus.yml": renderPrometheusConfig(master),
  "prometheusMaster.sh": renderMasterSetup(master, "CREDENTIAL", "CERTIFICATE\n"),
  "telegraf.conf": renderTelegrafConfig({
    ...exampleTelegraf,
    publicNames: ["influxdb.example.com", "telegraf.example.com"],
  }),
  "telegraf.start.sh": renderTelegrafStart(influxdb, { bufferLimit: 256 }),
  "tokenRevocation.sh": renderTokenRevocation(
    { adminUser, adminPassword },
    {
      stack: "test",
      idsInUse: ["0123456789abcdef", "fedcba9876543210"],
    },
  ),
};
