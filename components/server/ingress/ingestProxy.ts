import { join } from "node:path";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../settings/settings";
import { render } from "../../template";
import { containerStops } from "../engine/containerStops";
import type { HeartbeatRelay } from "./heartbeatRelay";
import { type IngestDoor, ingestView } from "./ingestCredential";
import { portalIssuers } from "./portalIssuers";
import { type Named, type Placement, ServerContainer, serverVolume } from "../engine/serverContainer";
import { spoolFolder } from "../telegraf/telegraf";
import { containers, resources, volumes } from "../resourceNames";

/** Where it says how many requests there were. */
export const gateStatusUrl = `http://${containers.ingestProxy}:8081/status`;

export interface IngestGateArgs extends Placement {
  /** One that has an nginx: the portal's. */
  readonly image: string;
  /** Where whoever runs the portal has Telegraf, and where Grafana is, if that calls the relay. */
  readonly networks: readonly Named[];
  /** Where remote write is written down before Telegraf gets it. */
  readonly spool: Named;
  /** Telegraf's URL, on the same network. */
  readonly upstream: string;
  /** The container of the portal, and the name that it has a certificate for, if it answers for Telegraf. */
  readonly portal: Named;
  readonly host: string | undefined;
  readonly certificates: Settings["certificates"];
  readonly keepVolumes: boolean;
  readonly heartbeatRelay: HeartbeatRelay;
}

/**
 * What asks for the credential where somebody else runs the portal: it answers by the name and the port that the
 * portal knows Telegraf by, so that nothing changes there.
 */
export class IngestGate extends pulumi.ComponentResource implements IngestDoor {
  readonly container: docker.Container;
  readonly issuers: pulumi.Output<string> | undefined;

  constructor(name: string, args: IngestGateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:IngestGate", name, {}, opts);
    const volume = serverVolume(
      `${name}-volume`,
      { ...args, name: volumes.ingestProxy, existingVolume: undefined },
      { parent: this, retainOnDelete: args.keepVolumes },
    );
    this.container = new ServerContainer(
      name,
      {
        ...args,
        name: containers.ingestProxy,
        aliases: [containers.telegraf, ...args.heartbeatRelay.aliases],
        volumes: [
          { volume, path: "/var/lib/https-portal" },
          { volume: args.spool, path: spoolFolder },
        ],
        entrypoint: ["nginx", "-g", "daemon off;"],
        files: [
          { path: "/etc/nginx/nginx.conf", content: renderIngestGate(args.upstream, args.heartbeatRelay) },
          ...args.heartbeatRelay.files,
        ],
        healthCheck: ["CMD", "service", "nginx", "status"],
        memory: 128,
        stop: containerStops.ingestGate,
      },
      { parent: this },
    );
    const { engine, portal, host, certificates } = args;
    if (host !== undefined) {
      this.issuers = portalIssuers(
        resources.ingestProxyCertificate,
        { engine, portal, host, certificates, ours: false },
        { parent: this },
      );
    }
    this.registerOutputs({});
  }
}

/** The configuration of its nginx. */
export function renderIngestGate(upstream: string, { include }: Pick<HeartbeatRelay, "include">): string {
  return render(join(__dirname, "ingestGate.nginx.conf.mustache"), "nginx", {
    ...ingestView,
    upstream,
    include,
  });
}
