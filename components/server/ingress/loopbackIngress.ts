import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Ingress } from "../../settings/ingress";
import { services } from "../../settings/serviceNames";
import { isInfluxDbOnServer } from "../../settings/settings";
import type { PublishedPort } from "../engine/serverContainer";
import { containers, servicePorts } from "../resourceNames";
import { ingestPath } from "../telegraf/telegraf";
import { heartbeatRelay } from "./heartbeatRelay";
import { type IngestEndpoint, type IngestEndpointArgs, upstreamUrls } from "./ingestEndpoint";
import { createIngestNginx } from "./ingestNginx";

/** Where it takes remote write from other containers. */
export const loopbackIngestUrl = `http://${containers.loopbackIngress}:${servicePorts.telegraf}${ingestPath}`;

type LoopbackSettings = Extract<Ingress, { kind: "loopback" }>;

/**
 * The services on ports of the server's loopback address, for a web server of the user's that has ports 80 and 443. It
 * checks the ingest credential, and hides the metrics of the services.
 */
export class LoopbackIngress extends pulumi.ComponentResource implements IngestEndpoint {
  readonly container: docker.Container;
  readonly issuers: pulumi.Output<string> | undefined;

  constructor(
    name: string,
    args: IngestEndpointArgs,
    { ports, ca }: LoopbackSettings,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("pi-monitoring:index:LoopbackIngress", name, {}, opts);
    const { settings, networks } = args;
    const { influxdb, ...urls } = upstreamUrls(settings);
    const relay = heartbeatRelay(settings);
    this.container = createIngestNginx(
      name,
      args,
      {
        service: "loopbackIngress",
        networks: networks.all,
        aliases: [],
        upstreams: { ...urls, influxdb: isInfluxDbOnServer(settings) ? influxdb : undefined },
        relay,
        ports: loopbackPorts(ports),
      },
      this,
    );
    this.issuers = ca === undefined ? undefined : pulumi.output(ca);
    this.registerOutputs({});
  }
}

function loopbackPorts(ports: LoopbackSettings["ports"]): PublishedPort[] {
  return services.flatMap((service) => {
    const external = ports[service];
    return external === undefined ? [] : [{ internal: servicePorts[service], external, ip: "127.0.0.1" }];
  });
}
