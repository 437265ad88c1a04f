/*
 * The names that the program gives on the server, and by which the commands refer to them. Those of a node's resources are
 * in node/resourceNames.ts.
 */

/** The names of containers, by which others on their networks reach them. */
export const containers = {
  influxdb: "influxdb",
  telegraf: "telegraf",
  /**
   * Telegraf beside an existing portal, which reaches the ingest proxy by the name `telegraf` and so needs no change. The
   * name that stacks of earlier releases have.
   */
  telegrafBehindProxy: "telegraf-behind-gate",
  grafana: "grafana",
  httpsPortal: "https-portal",
  ingestProxy: "ingest",
  loopbackIngress: "ingress",
} as const;

/** The port of each service in its container. */
export const servicePorts = { influxdb: 8086, telegraf: 8080, grafana: 3000 } as const;

/** The container that checks the ingest credential, by the kind of ingress. */
export const ingestContainers = {
  portal: containers.httpsPortal,
  existing: containers.ingestProxy,
  loopback: containers.loopbackIngress,
} as const;

/** The names of the volumes that the program makes. */
export const volumes = {
  influxdb: "influxdb2",
  telegraf: "telegraf",
  ingestSpool: "ingest-spool",
  grafana: "grafana-storage",
  httpsPortal: "https-portal",
  ingestProxy: "ingest",
  loopbackIngress: "ingress",
} as const;

/** The names of the networks that the program makes, each after the service that it leads to. */
export const networks = { influxdb: "influxdb", telegraf: "telegraf", grafana: "grafana" } as const;

const server = "server";
const influxdb = `${server}-influxdb`;
const grafana = `${server}-grafana`;
// The name that stacks of earlier releases have, as the type `IngestGate`.
const ingestProxy = `${server}-ingest-gate`;

/** The names of Pulumi resources that the commands refer to. Another name would replace the resource. */
export const resources = {
  server,
  influxdb,
  /** Set where the program sets InfluxDB up; it prints ids, the date and the password in force. */
  influxdbSetup: `${influxdb}-setup`,
  /** The same where it connects to an InfluxDB by an admin token. */
  influxdbConnection: `${influxdb}-connection-script`,
  /** The same where it has two tokens only. */
  influxdbCheck: `${influxdb}-check`,
  downsampling: `${server}-downsampling-tasks`,
  tokenAuthorization: (user: "telegraf" | "grafana") => `${server}-${user}-token-authorization`,
  tokenRevocation: `${server}-token-revocation-script`,
  grafana,
  grafanaAdmin: `${grafana}-admin`,
  portalCertificate: `${server}-https-portal-certificate`,
  ingestProxy,
  ingestProxyCertificate: `${ingestProxy}-certificate`,
  ingestAccepted: (master: string) => `${server}-ingest-${master}-accepted`,
  ingestRevocation: (master: string) => `${server}-ingest-${master}-revocation`,
  backup: `${server}-backup-script`,
  /** @param container the name of the container's resource, such as `resources.grafana` */
  image: (container: string) => `${container}-image`,
} as const;
