import { z } from "zod";

/** What of `docker inspect` tells what a container is for. */
const containers = z.array(
  z.object({
    Name: z.string().transform((name) => name.replace(/^\//, "")),
    Config: z.object({
      Image: z.string(),
      Labels: z.record(z.string(), z.string()).nullish(),
    }),
    NetworkSettings: z.object({ Networks: z.record(z.string(), z.unknown()).nullish() }),
    Mounts: z.array(z.object({ Name: z.string().optional(), Destination: z.string() })),
    HostConfig: z.object({ PortBindings: z.record(z.string(), z.unknown()).nullish() }),
  }),
);

type Container = z.output<typeof containers>[number];

/** What Docker has on a server, as it says it in JSON. */
export interface EngineContents {
  /** The list of `docker inspect`. */
  readonly containers: unknown;
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
}

/** What is on the server before the program has made anything. */
export interface Existing {
  /** The stack of this program that has made containers there. */
  readonly stack?: string | undefined;
  /** An https-portal. */
  readonly portal?: string | undefined;
  /** An InfluxDB. */
  readonly influxdb?: { readonly container: string; readonly volume?: string | undefined } | undefined;
  /** Containers that have a name which the program gives to its own. */
  readonly inTheWay: readonly string[];
  /** Networks and volumes of names which the program gives to its own. */
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
}

const containerNames = ["influxdb", "telegraf", "grafana", "https-portal"];
const networkNames = ["influxdb", "telegraf", "grafana"];
const volumeNames = ["influxdb2", "grafana-storage"];

/** @throws z.ZodError for what `docker inspect` does not say */
export function findExisting(contents: EngineContents): Existing {
  const all = containers.parse(contents.containers);
  const stack = all
    .map(({ Config }) => Config.Labels?.["pi-monitoring.stack"])
    .find((label) => label !== undefined);
  const portal = all.find((each) => isOf(each, "https-portal") && publishes(each));
  const influxdb = all.find((each) => isOf(each, "influxdb"));
  const names = all.map(({ Name }) => Name);
  return {
    stack,
    portal: portal?.Name,
    influxdb: influxdb && {
      container: influxdb.Name,
      volume: influxdb.Mounts.find(({ Destination }) => Destination === "/var/lib/influxdb2")?.Name,
    },
    inTheWay: containerNames.filter(
      (name) => names.includes(name) && name !== portal?.Name && name !== influxdb?.Name,
    ),
    networks: networkNames.filter((name) => contents.networks.includes(name)),
    volumes: volumeNames.filter((name) => contents.volumes.includes(name)),
  };
}

/** Whether the image is that of a project, from whichever registry. */
function isOf({ Config }: Container, project: string): boolean {
  return (
    Config.Image.split("/")
      .at(-1)
      ?.replace(/[:@].*$/, "") === project
  );
}

function publishes({ HostConfig }: Container): boolean {
  return Object.keys(HostConfig.PortBindings ?? {}).includes("443/tcp");
}

/** What of it a deploy would meet, a line each. */
export function describeExisting(existing: Existing, host: string): string[] {
  const { stack, portal, influxdb, inTheWay, networks, volumes } = existing;
  if (stack !== undefined) {
    return [`${host} has the stack ${stack} of this program already.`];
  }
  return [
    ...(portal === undefined ? [] : [`${host} has an https-portal already: the container ${portal}.`]),
    ...(influxdb === undefined
      ? []
      : [
          `${host} has an InfluxDB already: the container ${influxdb.container}, its data in the volume ${influxdb.volume ?? "of no name"}.`,
        ]),
    ...named("container", inTheWay, host),
    ...named("network", networks, host),
    ...named("volume", volumes, host),
  ];
}

function named(kind: string, names: readonly string[], host: string): string[] {
  return names.length === 0 ? [] : [`${host} has ${kind}s of names that are needed: ${names.join(", ")}.`];
}
