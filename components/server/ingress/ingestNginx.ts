import { join } from "node:path";
import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { render } from "../../template";
import { containerStops } from "../engine/containerStops";
import { type DockerObject, type PublishedPort, ServerContainer } from "../engine/serverContainer";
import { containers, servicePorts, volumes } from "../resourceNames";
import { spoolFolder } from "../telegraf/telegraf";
import type { HeartbeatRelay } from "./heartbeatRelay";
import { ingressDataFolder, type IngestEndpointArgs, ingestView, statusPorts } from "./ingestEndpoint";

/** The URL by which nginx reaches each service that it answers for. */
interface Upstreams {
  readonly telegraf: string;
  readonly grafana?: string;
  readonly influxdb?: string | undefined;
}

interface IngestNginx {
  readonly service: "ingestProxy" | "loopbackIngress";
  readonly networks: readonly DockerObject[];
  /** Other host names of the container. */
  readonly aliases: readonly string[];
  readonly upstreams: Upstreams;
  readonly relay: HeartbeatRelay;
  readonly ports?: readonly PublishedPort[];
}

/** Makes an nginx that checks the ingest credential where there is no https-portal of the program's. */
export function createIngestNginx(
  name: string,
  { placement, settings, spool }: IngestEndpointArgs,
  { service, networks, aliases, upstreams, relay, ports }: IngestNginx,
  parent: pulumi.Resource,
): docker.Container {
  const configuration = renderIngestNginx(service, upstreams, relay);
  return new ServerContainer(
    name,
    {
      placement,
      // It has an nginx.
      image: settings.images.httpsPortal,
      name: containers[service],
      networks,
      aliases: [...aliases, ...relay.aliases],
      data: { volume: volumes[service], path: ingressDataFolder },
      otherVolumes: [{ volume: spool, path: spoolFolder }],
      entrypoint: ["nginx", "-g", "daemon off;"],
      files: [{ path: "/etc/nginx/nginx.conf", content: configuration }, ...relay.files],
      ports,
      healthCheck: ["CMD", "service", "nginx", "status"],
      memory: 128,
      stop: containerStops[service],
    },
    { parent },
  );
}

/** The configuration of the nginx. */
export function renderIngestNginx(
  service: IngestNginx["service"],
  { telegraf, ...others }: Upstreams,
  { include }: Pick<HeartbeatRelay, "include">,
): string {
  const pages = (["grafana", "influxdb"] as const).flatMap((page) => {
    const upstream = others[page];
    return upstream === undefined ? [] : [{ port: servicePorts[page], upstream }];
  });
  return render(join(__dirname, `${service}.nginx.conf.mustache`), "nginx", {
    ...ingestView,
    statusPort: statusPorts.ingestNginx,
    ingestPort: servicePorts.telegraf,
    upstream: telegraf,
    pages,
    hasPages: pages.length > 0,
    include,
  });
}
