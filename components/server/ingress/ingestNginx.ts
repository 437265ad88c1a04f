import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { containerStops } from "../engine/containerStops";
import { type DockerObject, type PublishedPort, ServerContainer } from "../engine/serverContainer";
import { containers, volumes } from "../resourceNames";
import { spoolFolder } from "../telegraf/telegraf";
import type { HeartbeatRelay } from "./heartbeatRelay";
import { dataFolder, type IngestEndpointArgs } from "./ingestEndpoint";

export interface IngestNginx {
  readonly service: "ingestProxy" | "loopbackIngress";
  readonly networks: readonly DockerObject[];
  /** Other host names of the container. */
  readonly aliases: readonly string[];
  /** The content of `nginx.conf`. */
  readonly configuration: string;
  readonly relay: HeartbeatRelay;
  readonly ports?: readonly PublishedPort[];
}

/** Makes an nginx that checks the ingest credential where there is no https-portal of the program's. */
export function createIngestNginx(
  name: string,
  { placement, settings, spool }: IngestEndpointArgs,
  { service, networks, aliases, configuration, relay, ports }: IngestNginx,
  parent: pulumi.Resource,
): docker.Container {
  return new ServerContainer(
    name,
    {
      placement,
      // It has an nginx.
      image: settings.images.httpsPortal,
      name: containers[service],
      networks,
      aliases: [...aliases, ...relay.aliases],
      data: { volume: volumes[service], path: dataFolder },
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
