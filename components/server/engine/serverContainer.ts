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
export interface DockerObject {
  readonly name: pulumi.Input<string>;
}

/** A file that is in the container before it starts. It does not show in `docker inspect`. */
export interface ContainerFile {
  readonly path: string;
  readonly content: pulumi.Input<string>;
}

/** A TCP port of the host that leads to a port of the container. */
export interface PublishedPort {
  /** Of the container. */
  readonly internal: number;
  /** Of the host. */
  readonly external: number;
  /** The address of the host; unset, all its addresses. */
  readonly ip?: string;
}

interface ServerContainerArgs {
  readonly placement: Placement;
  /** Name of the container, and the host name by which the others on its networks reach it. */
  readonly name: string;
  /** A pinned image. */
  readonly image: string;
  readonly networks: readonly DockerObject[];
  /** Other host names by which they reach it. */
  readonly aliases?: readonly string[];
  /** The volume with the container's data, and where it is mounted. */
  readonly data: {
    readonly volume: string;
    /** The name of an existing volume, which is used instead; the program neither makes nor removes it. */
    readonly existing?: string | undefined;
    readonly path: string;
  };
  readonly otherVolumes?: readonly { readonly volume: DockerObject; readonly path: string }[];
  readonly files?: readonly ContainerFile[];
  /** A program with its arguments in place of the image's own entry point. */
  readonly entrypoint?: readonly string[];
  /** Environment; it shows in `docker inspect`, so it holds no secret. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly PublishedPort[];
  /** A command that succeeds inside the container when it is healthy. */
  readonly healthCheck: readonly string[];
  /** How long a failing check does not count while the container starts; a duration of Go. Default: `5s` */
  readonly startPeriod?: string;
  /** Memory limit in megabytes. */
  readonly memory: number;
  readonly stop: ContainerStop;
}

/** A container of the server and its volume, with what all share: limits, restarts, log rotation, health and labels. */
export class ServerContainer extends docker.Container {
  constructor(name: string, args: ServerContainerArgs, opts: { readonly parent: pulumi.Resource }) {
    const { provider } = args.placement.engine;
    const image = new docker.RemoteImage(
      resources.image(name),
      { name: args.image, keepLocally: true },
      { ...opts, provider },
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
        volumes: volumesOf(name, args, opts),
        uploads: args.files?.map(({ path, content }) => ({ file: path, content })),
        envs: Object.entries(args.environment ?? {}).map(([key, value]) => `${key}=${value}`),
        // In the order in which the provider reads ports back: another one would be a change at every `up`.
        ports: args.ports?.toSorted((a, b) => a.internal - b.internal),
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
      {
        ...opts,
        provider,
        // Two containers cannot have one name.
        deleteBeforeReplace: true,
        // The provider takes a changed health check without applying it.
        replaceOnChanges: ["healthcheck"],
      },
    );
  }
}

function networksOf({ name, aliases = [], networks }: ServerContainerArgs) {
  return networks.map((network) => ({ name: network.name, aliases: [name, ...aliases] }));
}

function volumesOf(
  name: string,
  { placement, data, otherVolumes = [] }: ServerContainerArgs,
  opts: { readonly parent: pulumi.Resource },
) {
  const { engine, stack, keepVolumes } = placement;
  const volume =
    data.existing === undefined
      ? new docker.Volume(
          `${name}-volume`,
          { name: data.volume, labels: [stackLabel(stack)] },
          { ...opts, provider: engine.provider, retainOnDelete: keepVolumes },
        )
      : { name: data.existing };
  return [{ volume, path: data.path }, ...otherVolumes].map((each) => ({
    volumeName: each.volume.name,
    containerPath: each.path,
  }));
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
