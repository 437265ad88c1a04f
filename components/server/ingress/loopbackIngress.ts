import { join } from "node:path";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type Service, services } from "../../settings/serviceNames";
import { render } from "../../template";
import { containerStops } from "../engine/containerStops";
import type { HeartbeatRelay } from "./heartbeatRelay";
import { type IngestDoor, ingestView } from "./ingestCredential";
import { type Named, type Placement, ServerContainer, serverVolume } from "../engine/serverContainer";
import { ingestPath, spoolFolder } from "../telegraf/telegraf";
import { containers, volumes } from "../resourceNames";

/** The port of the container for each service. */
const containerPorts = { influxdb: 8086, grafana: 3000, telegraf: 8080 } as const;
/** Where it takes remote write from other containers. */
export const loopbackIngestUrl = `http://${containers.loopbackIngress}:${containerPorts.telegraf}${ingestPath}`;
/** Where it says how many requests there were. */
export const loopbackStatusUrl = `http://${containers.loopbackIngress}:8081/status`;

export interface LoopbackIngressArgs extends Placement {
  /** One that has an nginx: the portal's. */
  readonly image: string;
  /** Those of all services. */
  readonly networks: readonly Named[];
  /** Where remote write is written down before Telegraf gets it. */
  readonly spool: Named;
  /** The URL by which each service is reached; unset for an InfluxDB elsewhere. */
  readonly upstreams: Readonly<
    Record<"grafana" | "telegraf", string> & Record<"influxdb", string | undefined>
  >;
  /** The port of the server's loopback address for each service that is exposed. */
  readonly ports: Partial<Readonly<Record<Service, number>>>;
  /** The authority, in PEM, that has signed the certificate of the web server, if it is not a public one. */
  readonly ca: string | undefined;
  readonly keepVolumes: boolean;
  readonly heartbeatRelay: HeartbeatRelay;
}

/**
 * The services on ports of the server's loopback address, for a web server of the user's that has ports 80 and 443. It
 * asks for the ingest credential, and hides what that web server need not know about.
 */
export class LoopbackIngress extends pulumi.ComponentResource implements IngestDoor {
  readonly container: docker.Container;
  readonly issuers: pulumi.Output<string> | undefined;

  constructor(name: string, args: LoopbackIngressArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:LoopbackIngress", name, {}, opts);
    const volume = serverVolume(
      `${name}-volume`,
      { ...args, name: volumes.loopbackIngress, existingVolume: undefined },
      { parent: this, retainOnDelete: args.keepVolumes },
    );
    this.container = new ServerContainer(
      name,
      {
        engine: args.engine,
        stack: args.stack,
        image: args.image,
        name: containers.loopbackIngress,
        networks: args.networks,
        volumes: [
          { volume, path: "/var/lib/https-portal" },
          { volume: args.spool, path: spoolFolder },
        ],
        entrypoint: ["nginx", "-g", "daemon off;"],
        aliases: args.heartbeatRelay.aliases,
        files: [
          {
            path: "/etc/nginx/nginx.conf",
            content: renderLoopbackIngress(args.upstreams, args.heartbeatRelay),
          },
          ...args.heartbeatRelay.files,
        ],
        loopbackPorts: services
          .map((service) => ({ internal: containerPorts[service], external: args.ports[service] }))
          .filter(
            (port): port is { internal: typeof port.internal; external: number } =>
              port.external !== undefined,
          )
          // The provider reads ports back in this order.
          .toSorted((a, b) => a.internal - b.internal),
        healthCheck: ["CMD", "service", "nginx", "status"],
        memory: 128,
        stop: containerStops.loopbackIngress,
      },
      { parent: this },
    );
    this.issuers = args.ca === undefined ? undefined : pulumi.output(args.ca);
    this.registerOutputs({});
  }
}

/** The configuration of its nginx. */
export function renderLoopbackIngress(
  upstreams: LoopbackIngressArgs["upstreams"],
  { include }: Pick<HeartbeatRelay, "include">,
): string {
  const pages = (["grafana", "influxdb"] as const).flatMap((service) => {
    const upstream = upstreams[service];
    return upstream === undefined ? [] : [{ port: `${containerPorts[service]}`, upstream }];
  });
  return render(join(__dirname, "loopbackIngress.nginx.conf.mustache"), "nginx", {
    ...ingestView,
    upstream: upstreams.telegraf,
    ingestPort: `${containerPorts.telegraf}`,
    pages,
    include,
  });
}
