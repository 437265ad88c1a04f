import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { resources } from "../resourceNames";
import type { ContainerStop } from "./containerStops";
import type { ServerEngine } from "./serverEngine";

/** Where containers and volumes are made, and for which stack. */
export interface Placement {
  readonly engine: ServerEngine;
  /** The stack's name, which is the label of everything that the program makes on the engine. */
  readonly stack: string;
  /** Whether volumes outlive the stack. */
  readonly keepVolumes: boolean;
}

/** A container, network or volume on the engine, made by the program or existing. */
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

export interface ServerContainerArgs {
  readonly placement: Placement;
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
  /** A command that succeeds inside the container when it is healthy. */
  readonly healthCheck: readonly string[];
  /** How long a failing check does not count while the container starts; a duration of Go. Default: `5s` */
  readonly startPeriod?: string;
  /** Memory limit in megabytes. */
  readonly memory: number;
  readonly stop: ContainerStop;
}

/** A container of the server, with what all of them share: limits, restarts, log rotation, health and labels. */
export class ServerContainer extends docker.Container {
  constructor(name: string, args: ServerContainerArgs, opts: pulumi.CustomResourceOptions) {
    const { provider } = args.placement.engine;
    const image = new docker.RemoteImage(
      resources.image(name),
      { name: args.image, keepLocally: true },
      { parent: opts.parent, provider },
    );
    super(
      name,
      {
        name: args.name,
        image: image.imageId,
        hostname: args.name,
        entrypoints: args.entrypoint && [...args.entrypoint],
        restart: "unless-stopped",
        networkMode: "bridge",
        networksAdvanced: networksOf(args),
        volumes: args.volumes?.map(({ volume, path }) => ({ volumeName: volume.name, containerPath: path })),
        uploads: args.files?.map(({ path, content }) => ({ file: path, content })),
        envs: environmentOf(args),
        ports: portsOf(args),
        healthcheck: healthCheckOf(args),
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
        labels: [stackLabel(args.placement.stack)],
      },
      pulumi.mergeOptions(opts, {
        provider,
        // Two containers cannot have one name.
        deleteBeforeReplace: true,
        // The provider takes a changed health check without applying it.
        replaceOnChanges: ["healthcheck"],
      }),
    );
  }
}

function networksOf({ name, aliases = [], networks }: ServerContainerArgs) {
  return networks.map((network) => ({ name: network.name, aliases: [name, ...aliases] }));
}

function environmentOf({ environment = {} }: ServerContainerArgs): pulumi.Output<string>[] {
  return Object.entries(environment).map(([key, value]) => pulumi.interpolate`${key}=${value}`);
}

/** In the order in which the provider reads ports back: another one would be a change at every `up`. */
function portsOf({ ports, loopbackPorts }: ServerContainerArgs) {
  return (
    loopbackPorts
      ?.toSorted((a, b) => a.internal - b.internal)
      .map((port) => ({ ...port, ip: "127.0.0.1" })) ??
    ports?.toSorted((a, b) => a - b).map((port) => ({ internal: port, external: port }))
  );
}

function healthCheckOf({ healthCheck, startPeriod = "5s" }: ServerContainerArgs) {
  return { tests: [...healthCheck], interval: "5s", timeout: "5s", retries: 12, startPeriod };
}

/** The name of the label that has the stack's name. */
export const stackLabelName = "pi-monitoring.stack";

/** The label of everything that the program makes on the engine. */
export function stackLabel(stack: string): { label: string; value: string } {
  return { label: stackLabelName, value: stack };
}
