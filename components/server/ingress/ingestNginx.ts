import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { containerStops } from "../engine/containerStops";
import { type LoopbackPort, type Named, type Placement, ServerContainer } from "../engine/serverContainer";
import { serverVolume } from "../engine/serverVolume";
import { containers, volumes } from "../resourceNames";
import type { HeartbeatRelay } from "./heartbeatRelay";
import { ingestVolumes } from "./ingestEndpoint";

export interface IngestNginxArgs {
  readonly placement: Placement;
  /** One that has an nginx: that of https-portal. */
  readonly image: string;
  readonly service: "ingestProxy" | "loopbackIngress";
  readonly networks: readonly Named[];
  /** Other host names of the container, besides those of the relay. */
  readonly aliases: readonly string[];
  /** Where remote write is stored before Telegraf gets it. */
  readonly spool: Named;
  /** The content of `nginx.conf`. */
  readonly configuration: string;
  readonly heartbeatRelay: HeartbeatRelay;
  readonly loopbackPorts?: readonly LoopbackPort[];
}

/** An nginx with its volume, which checks the ingest credential where there is no https-portal of the program's. */
export function createIngestNginx(
  name: string,
  args: IngestNginxArgs,
  opts: pulumi.CustomResourceOptions,
): docker.Container {
  const { placement, image, service, networks, heartbeatRelay, loopbackPorts } = args;
  const volume = serverVolume(`${name}-volume`, { placement, name: volumes[service] }, opts);
  return new ServerContainer(
    name,
    {
      placement,
      image,
      name: containers[service],
      networks,
      aliases: [...args.aliases, ...heartbeatRelay.aliases],
      volumes: ingestVolumes(volume, args.spool),
      entrypoint: ["nginx", "-g", "daemon off;"],
      files: [{ path: "/etc/nginx/nginx.conf", content: args.configuration }, ...heartbeatRelay.files],
      loopbackPorts,
      healthCheck: ["CMD", "service", "nginx", "status"],
      memory: 128,
      stop: containerStops[service],
    },
    opts,
  );
}
