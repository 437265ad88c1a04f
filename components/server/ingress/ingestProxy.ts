import { join } from "node:path";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../settings/settings";
import { render } from "../../template";
import type { Named, Placement } from "../engine/serverContainer";
import { containers, resources } from "../resourceNames";
import type { HeartbeatRelay } from "./heartbeatRelay";
import { type IngestEndpoint, ingestView } from "./ingestEndpoint";
import { createIngestNginx } from "./ingestNginx";
import { preparePortalCertificate } from "./portalCertificate";

/** Where it reports the number of its requests. */
export const ingestProxyStatusUrl = `http://${containers.ingestProxy}:8081/status`;

export interface IngestProxyArgs {
  readonly placement: Placement;
  readonly image: string;
  /** Where the existing portal reaches Telegraf, and that of Grafana if that calls the relay. */
  readonly networks: readonly Named[];
  readonly spool: Named;
  /** Telegraf's URL, on the same network. */
  readonly upstream: string;
  /** The container of the existing portal. */
  readonly portal: Named;
  /** The name that the portal has a certificate for; undefined where it does not answer for Telegraf. */
  readonly host: string | undefined;
  readonly certificates: Settings["certificates"];
  readonly heartbeatRelay: HeartbeatRelay;
}

/**
 * The ingest proxy between an existing portal and Telegraf. It answers by the name and the port by which the portal
 * reaches Telegraf, so that nothing changes there.
 */
export class IngestProxy extends pulumi.ComponentResource implements IngestEndpoint {
  readonly container: docker.Container;
  readonly issuers: pulumi.Output<string> | undefined;

  constructor(name: string, args: IngestProxyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:IngestGate", name, {}, opts);
    const { placement, image, networks, spool, upstream, portal, host, certificates, heartbeatRelay } = args;
    this.container = createIngestNginx(
      name,
      {
        placement,
        image,
        service: "ingestProxy",
        networks,
        aliases: [containers.telegraf],
        spool,
        configuration: renderIngestProxy(upstream, heartbeatRelay),
        heartbeatRelay,
      },
      { parent: this },
    );
    if (host !== undefined) {
      this.issuers = preparePortalCertificate(
        resources.ingestProxyCertificate,
        { engine: placement.engine, portal, host, certificates, ours: false },
        { parent: this },
      );
    }
    this.registerOutputs({});
  }
}

/** The configuration of its nginx. */
export function renderIngestProxy(upstream: string, { include }: Pick<HeartbeatRelay, "include">): string {
  return render(join(__dirname, "ingestProxy.nginx.conf.mustache"), "nginx", {
    ...ingestView,
    upstream,
    include,
  });
}
