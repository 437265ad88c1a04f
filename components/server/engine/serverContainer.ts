import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { resources } from "../resourceNames";
import type { ContainerStop } from "./containerStops";
import type { ServerEngine } from "./serverEngine";

/** What every part of the server needs to know to place its container. */
export interface Placement {
  readonly engine: ServerEngine;
  /** The stack's name, written on everything that the program makes on the engine. */
  readonly stack: string;
}

/** Something on the engine that is referred to by its name, whoever has made it. */
export interface Named {
  readonly name: pulumi.Input<string>;
}

/** A file that is in the container before it starts. It does not show in `docker inspect`. */
export interface ContainerFile {
  readonly path: string;
  readonly content: pulumi.Input<string>;
}

export interface LoopbackPort {
  /** Of the container. */
  readonly internal: number;
  /** Of the host. */
  readonly external: number;
}

export interface ServerContainerArgs extends Placement {
  /** Name of the container, and the host name by which the others on its networks reach it. */
  readonly name: string;
  /** A pinned image. */
  readonly image: string;
  readonly networks: readonly Named[];
  /** Other host names by which they reach it. */
  readonly aliases?: readonly string[];
  readonly volumes?: readonly { readonly volume: Named; readonly path: string }[];
  readonly files?: readonly ContainerFile[];
  /** A program with its arguments in place of the image's own entry point. */
  readonly entrypoint?: readonly string[];
  /** Environment; it shows in `docker inspect`, so it holds no secret. */
  readonly environment?: Readonly<Record<string, pulumi.Input<string>>>;
  /** TCP ports of the host that lead to the same port of the container. */
  readonly ports?: readonly number[];
  /** TCP ports of the host's loopback address, each with the port of the container that it leads to. */
  readonly loopbackPorts?: readonly LoopbackPort[];
  /** A command that succeeds inside the container when it is well. */
  readonly healthCheck: readonly string[];
  /** How long a check that fails does not count, as the container still starts; written as Go does. Default: `5s` */
  readonly startPeriod?: string;
  /** Memory limit in megabytes. */
  readonly memory: number;
  readonly stop: ContainerStop;
}

/** A container of the server, with what all of them share: limits, restarts, log rotation, health and labels. */
export class ServerContainer extends docker.Container {
  constructor(name: string, args: ServerContainerArgs, opts: pulumi.CustomResourceOptions) {
    const image = new docker.RemoteImage(
      resources.image(name),
      { name: args.image, keepLocally: true },
      { parent: opts.parent, provider: args.engine.provider },
    );
    super(
      name,
      {
        name: args.name,
        image: image.imageId,
        hostname: args.name,
        entrypoints: args.entrypoint === undefined ? undefined : [...args.entrypoint],
        restart: "unless-stopped",
        networkMode: "bridge",
        networksAdvanced: args.networks.map((network) => ({
          name: network.name,
          aliases: [args.name, ...(args.aliases ?? [])],
        })),
        volumes: args.volumes?.map(({ volume, path }) => ({ volumeName: volume.name, containerPath: path })),
        uploads: args.files?.map(({ path, content }) => ({ file: path, content })),
        envs: Object.entries(args.environment ?? {}).map(
          ([key, value]) => pulumi.interpolate`${key}=${value}`,
        ),
        // The provider reads ports back in this order; another one would be a change at every `up`.
        ports:
          args.loopbackPorts?.map((port) => ({ ...port, ip: "127.0.0.1" })) ??
          args.ports?.toSorted((a, b) => a - b).map((port) => ({ internal: port, external: port })),
        healthcheck: {
          tests: [...args.healthCheck],
          interval: "5s",
          timeout: "5s",
          retries: 12,
          startPeriod: args.startPeriod ?? "5s",
        },
        wait: true,
        waitTimeout: 300,
        memory: args.memory,
        memorySwap: args.memory,
        stopSignal: args.stop.signal,
        stopTimeout: args.stop.seconds,
        // Without it the provider kills at once.
        destroyGraceSeconds: args.stop.seconds,
        logDriver: "json-file",
        logOpts: { "max-size": "10m", "max-file": "3" },
        labels: [stackLabel(args.stack)],
      },
      pulumi.mergeOptions(opts, {
        provider: args.engine.provider,
        // Two containers cannot have one name.
        deleteBeforeReplace: true,
        // The provider takes a changed health check without applying it.
        replaceOnChanges: ["healthcheck"],
      }),
    );
  }
}

interface VolumeArgs extends Placement {
  readonly name: string;
  /** The name of one that is there already; it is not made, and so never removed. */
  readonly existingVolume: string | undefined;
}

/** A volume of the server: the one that is there already, or one with a label of the stack. */
export function serverVolume(name: string, args: VolumeArgs, opts: pulumi.CustomResourceOptions): Named {
  return args.existingVolume === undefined
    ? new docker.Volume(
        name,
        { name: args.name, labels: [stackLabel(args.stack)] },
        pulumi.mergeOptions(opts, { provider: args.engine.provider }),
      )
    : { name: args.existingVolume };
}

/** The name of the label that has the stack's name. */
export const stackLabelName = "pi-monitoring.stack";

/** The label of everything that the program makes on the engine. */
export function stackLabel(stack: string): { label: string; value: string } {
  return { label: stackLabelName, value: stack };
}
