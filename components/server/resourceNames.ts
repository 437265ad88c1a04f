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

/**
 * The names of Pulumi resources: of the server's components, and of what the commands refer to. Another name would replace
 * the resource.
 */
export const resources = {
  server: "server",
  engine: "server-engine",
  network: (service: Service) => `server-${service}-network`,
  influxdb: "server-influxdb",
  /** The script that sets InfluxDB up; it prints ids, the date and the password in force. */
  influxdbSetup: "server-influxdb-setup",
  /** In its place, the script that connects to an InfluxDB by an admin token. */
  influxdbConnection: "server-influxdb-connection-script",
  /** In its place, the script that checks two given tokens. */
  influxdbCheck: "server-influxdb-check",
  downsampling: "server-downsampling",
  downsamplingTasks: "server-downsampling-tasks",
  token: (service: "telegraf" | "grafana") => `server-${service}-token`,
  tokenAuthorization: (service: "telegraf" | "grafana") => `server-${service}-token-authorization`,
  tokenRevocation: "server-token-revocation",
  tokenRevocationScript: "server-token-revocation-script",
  telegraf: "server-telegraf",
  grafana: "server-grafana",
  grafanaAdmin: "server-grafana-admin",
  httpsPortal: "server-https-portal",
  portalCertificate: "server-https-portal-certificate",
  /** As in earlier releases. */
  ingestProxy: "server-ingest-gate",
  ingestProxyCertificate: "server-ingest-gate-certificate",
  loopbackIngress: "server-loopback-ingress",
  ingest: (master: string) => `server-ingest-${master}`,
  ingestAccepted: (master: string) => `server-ingest-${master}-accepted`,
  ingestRevocation: (master: string) => `server-ingest-${master}-revocation`,
  backup: "server-backup",
  backupScript: "server-backup-script",
  /** The image of a container, by the name of the container's resource, such as `resources.grafana`. */
  image: (container: string) => `${container}-image`,
} as const;
