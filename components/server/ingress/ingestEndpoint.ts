import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import type { Service } from "../../settings/serviceNames";
import type { Settings } from "../../settings/settings";
import type { DockerObject, Placement } from "../engine/serverContainer";
import type { ServerNetworks } from "../engine/serverNetworks";
import { influxUrl } from "../influxdb/influxDb";
import { containers, servicePorts } from "../resourceNames";
import { ingestPath, spoolFolder, telegrafName } from "../telegraf/telegraf";

/** What takes remote write on the server, and checks the ingest credential. */
export interface IngestEndpoint {
  readonly container: docker.Container;
  /** What signs its certificate, in PEM; undefined where the authorities of every system are enough. */
  readonly issuers: pulumi.Output<string> | undefined;
}

/** What every endpoint is made from. */
export interface IngestEndpointArgs {
  readonly placement: Placement;
  readonly settings: Settings;
  readonly networks: ServerNetworks;
  /** The volume for copies of the requests. */
  readonly spool: DockerObject;
}

const statusPort = 8081;
/** Where each kind of ingress reports the number of its requests. The host does not publish the ports. */
export const statusUrls = {
  portal: `http://${containers.httpsPortal}:8080/status`,
  existing: `http://${containers.ingestProxy}:${statusPort}/status`,
  loopback: `http://${containers.loopbackIngress}:${statusPort}/status`,
} as const;

/** Where an endpoint has its volume. */
export const dataFolder = "/var/lib/https-portal";
/** The accepted credentials: on the volume, so that a replaced container has them. */
export const credentialsFolder = `${dataFolder}/ingest`;

/** Values that the nginx templates of every endpoint need. */
export const ingestView = { ingestPath, spoolFolder, credentialsFolder, statusPort };

/** The URL by which an endpoint reaches each service. */
export function upstreamUrls(settings: Settings): Record<Service, string> {
  return {
    influxdb: influxUrl(settings.influxdb),
    grafana: `http://${containers.grafana}:${servicePorts.grafana}`,
    telegraf: `http://${telegrafName(settings)}:${servicePorts.telegraf}`,
  };
}
