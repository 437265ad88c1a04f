import { PiNode } from "./components/node/piNode";
import { PrometheusMaster } from "./components/node/prometheusMaster";
import { MonitoringServer } from "./components/server/monitoringServer";
import { warnOfDueRotations } from "./components/server/rotation";
import { loadSettings } from "./components/settings";

const settings = loadSettings();
const { nodes, exporter } = settings;

const server = new MonitoringServer("server", settings);

const masters: PrometheusMaster[] = [];
for (const node of nodes) {
  const piNode = new PiNode(node.name, { node, exporter });
  if (node.master) {
    const master = new PrometheusMaster(
      `${node.name}-prometheus`,
      {
        node,
        nodes,
        settings: settings.prometheus,
        remoteWriteUrl: server.urls.telegraf,
        ingestCredential: server.ingest.credential,
        serverCertificate: server.ownCertificate,
      },
      // Two apt runs at a time on one machine would only wait for each other.
      { dependsOn: piNode },
    );
    masters.push(master);
  }
}
server.ingest.revokeOthers(masters);
warnOfDueRotations(settings, server.setUpAt);

export const urls = server.urls;
const { org, bucket, adminUser } = settings.influxdb;
export const influxdb = { org, bucket, adminUser };
/** Undefined, and so no output, where somebody else has set InfluxDB up. */
export const influxdbAdminPassword = server.influxAdminPassword;
export const telegrafToken = server.writeToken;
export const grafanaToken = server.readToken;
export const grafanaAdminPassword = server.grafanaAdminPassword;
export const ingestCredential = server.ingest.credential;
/** What `npm run rotate` compares with the settings: whether an `up` has taken them up. */
export const rotated = settings.rotated;
