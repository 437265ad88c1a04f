import "./components/sdk/workarounds";
import { Exporters } from "./components/node/exporters";
import { PiNode } from "./components/node/piNode";
import { PrometheusMaster } from "./components/node/prometheusMaster";
import { nodeResources } from "./components/node/resourceNames";
import { checkOwnFiles } from "./components/server/grafana/ownFiles";
import { MonitoringServer } from "./components/server/monitoringServer";
import { components } from "./components/server/resourceNames";
import { warnOfDueRotations } from "./components/server/credentials";
import { jobsOf, loadSettings } from "./components/settings/settings";

const settings = loadSettings();
checkOwnFiles(settings);
const { nodes, exporter, presets } = settings;

const server = new MonitoringServer(components.server, settings);

for (const node of nodes) {
  const piNode = new PiNode(node.name, { node, exporter, presets });
  const ingest = server.ingest.get(node.name);
  let master: PrometheusMaster | undefined;
  if (ingest !== undefined) {
    master = new PrometheusMaster(
      nodeResources.prometheus(node.name),
      {
        node,
        nodes: nodes.filter(({ scrapedBy }) => scrapedBy === node.name),
        settings: settings.prometheus,
        scrape: jobsOf(node, settings),
        remoteWriteUrl: server.urls.telegraf,
        ingestCredential: ingest.credential,
        serverIssuers: server.issuers,
      },
      // A second apt run on one machine would only wait for the first.
      { dependsOn: piNode },
    );
    ingest.revokeOthers(master);
  }
  if (node.exporters.length > 0) {
    new Exporters(node, { dependsOn: master ?? piNode });
  }
}
warnOfDueRotations(settings, server.setUpAt);

export const urls = server.urls;
const { org, bucket, adminUser } = settings.influxdb;
export const influxdb = { org, bucket, adminUser };
/** Undefined, and so no output, where a user has set InfluxDB up. */
export const influxdbAdminPassword = server.influxAdminPassword;
export const telegrafToken = server.writeToken;
export const grafanaToken = server.readToken;
export const grafanaAdminPassword = server.grafanaAdminPassword;
/** By the name of the master. */
export const ingestCredentials = Object.fromEntries(
  [...server.ingest].map(([master, { credential }]) => [master, credential]),
);
/** `npm run rotate` compares them with the settings, to see whether an `up` has applied those. */
export const rotated = settings.rotated;
/** The next `up` deletes from Grafana those of which no file is left. */
export const provisionedRules = server.provisionedRules;
