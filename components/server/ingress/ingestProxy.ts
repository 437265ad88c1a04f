import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Ingress } from "../../settings/ingress";
import { containers, resources } from "../resourceNames";
import { heartbeatRelay } from "./heartbeatRelay";
import { type IngestEndpoint, type IngestEndpointArgs, upstreamUrls } from "./ingestEndpoint";
import { createIngestNginx } from "./ingestNginx";
import { preparePortalCertificate } from "./portalCertificate";

/**
 * The ingest proxy between an existing portal and Telegraf. It answers by the name and the port by which the portal
 * reaches Telegraf, so that nothing changes there.
 */
export class IngestProxy extends pulumi.ComponentResource implements IngestEndpoint {
  readonly container: docker.Container;
  readonly issuers: pulumi.Output<string> | undefined;

  constructor(
    name: string,
    args: IngestEndpointArgs,
    portal: Extract<Ingress, { kind: "existing" }>,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("pi-monitoring:index:IngestGate", name, {}, opts);
    const { settings, networks } = args;
    const relay = heartbeatRelay(settings);
    this.container = createIngestNginx(
      name,
      args,
      {
        service: "ingestProxy",
        // Grafana's network too, if Grafana calls the relay.
        networks: [networks.telegraf, ...(relay.aliases.length === 0 ? [] : [networks.grafana])],
        aliases: [containers.telegraf],
        upstreams: { telegraf: upstreamUrls(settings).telegraf },
        relay,
      },
      this,
    );
    this.issuers = preparePortalCertificate(
      resources.ingestProxyCertificate,
      args,
      { portal: { name: portal.container }, ours: false },
      this,
    );
    this.registerOutputs({});
  }
}
