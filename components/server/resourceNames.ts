import type { Service } from "../settings/serviceNames";

/*
 * The names that the program gives on the server, and by which the commands refer to them. Those of a node's resources are
 * in node/resourceNames.ts.
 */

/** The names of containers. Other containers on their networks reach them by these. */
export const containers = {
  influxdb: "influxdb",
  telegraf: "telegraf",
  /**
   * Telegraf behind the ingest proxy. There the proxy has the name `telegraf`, so that an existing portal needs no change.
   * Earlier releases called the proxy a gate.
   */
  telegrafBehindProxy: "telegraf-behind-gate",
  grafana: "grafana",
  httpsPortal: "https-portal",
  ingestProxy: "ingest",
  loopbackIngress: "ingress",
} as const;

/** The container that checks the ingest credential, by the kind of ingress. */
export const ingestContainers = {
  portal: containers.httpsPortal,
  existing: containers.ingestProxy,
  loopback: containers.loopbackIngress,
} as const;

/** The port of each service in its container. */
export const servicePorts = { influxdb: 8086, telegraf: 8080, grafana: 3000 } as const;

/** The URL of a service inside its own container. */
export function localUrl(service: Service): string {
  return `http://localhost:${servicePorts[service]}`;
}

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

/** The names of the networks that the program makes. Each is named after the service that is reached by it. */
export const networks = { influxdb: "influxdb", telegraf: "telegraf", grafana: "grafana" } as const;

/** The names of the server's components. A container has the name of its component. Another name would replace both. */
export const components = {
  server: "server",
  engine: "server-engine",
  influxdb: "server-influxdb",
  downsampling: "server-downsampling",
  token: (service: "telegraf" | "grafana") => `server-${service}-token`,
  tokenRevocation: "server-token-revocation",
  telegraf: "server-telegraf",
  grafana: "server-grafana",
  httpsPortal: "server-https-portal",
  /** As in earlier releases. */
  ingestProxy: "server-ingest-gate",
  loopbackIngress: "server-loopback-ingress",
  ingest: (master: string) => `server-ingest-${master}`,
  backup: "server-backup",
} as const;

/** The names of resources that the commands refer to, none of which is a component. Another name would replace the resource. */
export const resources = {
  network: (service: Service) => `server-${service}-network`,
  /** The script that sets InfluxDB up; it prints ids, the date and the password in force. */
  influxdbSetup: "server-influxdb-setup",
  /** In its place, the script that connects to an InfluxDB by an admin token. */
  influxdbConnection: "server-influxdb-connection-script",
  /** In its place, the script that checks two given tokens. */
  influxdbCheck: "server-influxdb-check",
  downsamplingTasks: "server-downsampling-tasks",
  tokenAuthorization: (service: "telegraf" | "grafana") => `server-${service}-token-authorization`,
  tokenRevocationScript: "server-token-revocation-script",
  grafanaAdmin: "server-grafana-admin",
  portalCertificate: "server-https-portal-certificate",
  ingestProxyCertificate: "server-ingest-gate-certificate",
  ingestAccepted: (master: string) => `server-ingest-${master}-accepted`,
  ingestRevocation: (master: string) => `server-ingest-${master}-revocation`,
  backupScript: "server-backup-script",
  /** The image of a container, by the name of the container's resource, such as `components.grafana`. */
  image: (container: string) => `${container}-image`,
} as const;
