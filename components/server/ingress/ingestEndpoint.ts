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
  /** The issuers of its certificate, in PEM; undefined where the authorities of every system are enough. */
  readonly issuers: pulumi.Output<string> | undefined;
}

/** What every endpoint is made from. */
export interface IngestEndpointArgs {
  readonly placement: Placement;
  readonly settings: Settings;
  readonly networks: ServerNetworks;
  /**
   * The volume where nginx leaves a copy of each request for a minute, as Telegraf may have to get it again; see
   * `spoolFolder`.
   */
  readonly spool: DockerObject;
}

/**
 * The port by which nginx reports the number of its requests, in https-portal and in the other endpoints, which take remote
 * write on 8080. The host publishes neither.
 */
export const statusPorts = { portal: 8080, ingestNginx: 8081 } as const;
/**
 * Where each kind of ingress reports the number of its requests; with `existing`, the ingest proxy in front of Telegraf,
 * behind the user's https-portal.
 */
export const statusUrls = {
  portal: `http://${containers.httpsPortal}:${statusPorts.portal}/status`,
  existing: `http://${containers.ingestProxy}:${statusPorts.ingestNginx}/status`,
  loopback: `http://${containers.loopbackIngress}:${statusPorts.ingestNginx}/status`,
} as const;

/**
 * Where an endpoint has its volume: the folder in which https-portal keeps its certificates. The other endpoints use its
 * image, which declares a volume there.
 */
export const ingressDataFolder = "/var/lib/https-portal";
/** The accepted credentials: on the volume, so that a replaced container has them. */
export const credentialsFolder = `${ingressDataFolder}/ingest`;

/** Values that the nginx templates of every endpoint need. */
export const ingestView = { ingestPath, spoolFolder, credentialsFolder };

/** The URL by which an endpoint reaches each service. */
export function upstreamUrls(settings: Settings): Record<Service, string> {
  return {
    influxdb: influxUrl(settings.influxdb),
    grafana: `http://${containers.grafana}:${servicePorts.grafana}`,
    telegraf: `http://${telegrafName(settings)}:${servicePorts.telegraf}`,
  };
}
