import { join } from "node:path";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type Service, services } from "../../settings/serviceNames";
import { render } from "../../template";
import type { LoopbackPort, Named, Placement } from "../engine/serverContainer";
import { containers } from "../resourceNames";
import { ingestPath } from "../telegraf/telegraf";
import type { HeartbeatRelay } from "./heartbeatRelay";
import { type IngestEndpoint, ingestView } from "./ingestEndpoint";
import { createIngestNginx } from "./ingestNginx";

/** The port of the container for each service. */
const containerPorts = { influxdb: 8086, grafana: 3000, telegraf: 8080 } as const;
/** Where it takes remote write from other containers. */
export const loopbackIngestUrl = `http://${containers.loopbackIngress}:${containerPorts.telegraf}${ingestPath}`;
/** Where it reports the number of its requests. */
export const loopbackStatusUrl = `http://${containers.loopbackIngress}:8081/status`;

export interface LoopbackIngressArgs {
  readonly placement: Placement;
  readonly image: string;
  /** Those of all services. */
  readonly networks: readonly Named[];
  readonly spool: Named;
  /** The URL by which each service is reached; undefined for an InfluxDB elsewhere. */
  readonly upstreams: Readonly<
    Record<"grafana" | "telegraf", string> & Record<"influxdb", string | undefined>
  >;
  /** The port of the server's loopback address for each service that is exposed. */
  readonly ports: Partial<Readonly<Record<Service, number>>>;
  /** The authority, in PEM, that has signed the web server's certificate, unless it is a public one. */
  readonly ca: string | undefined;
  readonly heartbeatRelay: HeartbeatRelay;
}

/**
 * The services on ports of the server's loopback address, for a web server of the user's that has ports 80 and 443. It
 * checks the ingest credential, and hides the metrics of the services.
 */
export class LoopbackIngress extends pulumi.ComponentResource implements IngestEndpoint {
  readonly container: docker.Container;
  readonly issuers: pulumi.Output<string> | undefined;

  constructor(name: string, args: LoopbackIngressArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:LoopbackIngress", name, {}, opts);
    const { placement, image, networks, spool, upstreams, ports, ca, heartbeatRelay } = args;
    this.container = createIngestNginx(
      name,
      {
        placement,
        image,
        service: "loopbackIngress",
        networks,
        aliases: [],
        spool,
        configuration: renderLoopbackIngress(upstreams, heartbeatRelay),
        heartbeatRelay,
        loopbackPorts: loopbackPorts(ports),
      },
      { parent: this },
    );
    this.issuers = ca === undefined ? undefined : pulumi.output(ca);
    this.registerOutputs({});
  }
}

function loopbackPorts(ports: LoopbackIngressArgs["ports"]): LoopbackPort[] {
  return services.flatMap((service) => {
    const external = ports[service];
    return external === undefined ? [] : [{ internal: containerPorts[service], external }];
  });
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
