import { z } from "zod";
import type { Front } from "./front";
import { stackLabelName } from "../../../components/server/engine/serverContainer";

/** What of `docker inspect` tells what a container is for. */
const containers = z.array(
  z.object({
    Name: z.string().transform((name) => name.replace(/^\//, "")),
    Config: z.object({
      Image: z.string(),
      Labels: z.record(z.string(), z.string()).nullish(),
    }),
    Mounts: z.array(z.object({ Destination: z.string() })),
    NetworkSettings: z.object({ Networks: z.record(z.string(), z.unknown()).nullish() }),
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
  readonly influxdb?: { readonly container: string; readonly network?: string | undefined } | undefined;
  /** Containers that have a name which the program gives to its own. */
  readonly inTheWay: readonly string[];
  /** Networks and volumes of names which the program gives to its own. */
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
  /** A web server that is not an https-portal. */
  readonly front?: Front | undefined;
}

const containerNames = ["influxdb", "telegraf", "grafana", "https-portal"];
const networkNames = ["influxdb", "telegraf", "grafana"];
const volumeNames = ["influxdb2", "grafana-storage"];

/** @throws z.ZodError for what `docker inspect` does not say */
export function findExisting(contents: EngineContents): Existing {
  const all = containers.parse(contents.containers);
  const stack = all.map(({ Config }) => Config.Labels?.[stackLabelName]).find((label) => label !== undefined);
  const portal = all.find((each) => isOf(each, "https-portal") && publishes(each));
  const influxdb = all.find((each) => isOf(each, "influxdb") && isVersion2(each));
  const names = all.map(({ Name }) => Name);
  return {
    stack,
    portal: portal?.Name,
    influxdb: influxdb && {
      container: influxdb.Name,
      network: Object.keys(influxdb.NetworkSettings.Networks ?? {}).find((network) => network !== "bridge"),
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

function isVersion2({ Mounts }: Container): boolean {
  return Mounts.some(({ Destination }) => Destination === "/var/lib/influxdb2");
}

function publishes({ HostConfig }: Container): boolean {
  return Object.keys(HostConfig.PortBindings ?? {}).includes("443/tcp");
}

/** What of it a deploy would meet, a line each. */
export function describeExisting(existing: Existing, host: string): string[] {
  const { portal, influxdb, inTheWay, networks, volumes } = existing;
  return [
    ...named("an https-portal", portal === undefined ? [] : [portal], host),
    ...named("an InfluxDB", influxdb === undefined ? [] : [influxdb.container], host),
    ...named("networks", networks, host),
    ...named("volumes", volumes, host),
    ...named("containers in the way of new ones", inTheWay, host),
  ];
}

/** Settings for what is there. */
export interface Adopted {
  readonly existing?: object;
  /** Unset where there is no InfluxDB; its organization, bucket and token nobody knows yet. */
  readonly influxdb?: { readonly url?: string };
  readonly ingress?: { readonly loopback: Front["ports"] };
}

/** The settings by which what is there is used, and not made. */
export function settingsFor({ stack, portal, influxdb, networks, volumes, front }: Existing): Adopted {
  if (stack !== undefined) {
    return {};
  }
  const onNetworks = Object.fromEntries(networks.map((name) => [name, name]));
  const existing = {
    networks: influxdb?.network === undefined ? onNetworks : { ...onNetworks, influxdb: influxdb.network },
    volumes: {
      ...(influxdb === undefined && volumes.includes("influxdb2") ? { influxdb: "influxdb2" } : {}),
      ...(volumes.includes("grafana-storage") ? { grafana: "grafana-storage" } : {}),
    },
    httpsPortal: portal,
  };
  const filled = Object.entries(existing).filter(
    ([, value]) => value !== undefined && Object.keys(value).length > 0,
  );
  return {
    ...(filled.length === 0 ? {} : { existing: Object.fromEntries(filled) }),
    ...(influxdb === undefined
      ? volumes.includes("influxdb2")
        ? { influxdb: {} }
        : {}
      : { influxdb: { url: `http://${influxdb.container}:8086` } }),
    ...(front === undefined ? {} : { ingress: { loopback: portsOf(front, influxdb) } }),
  };
}

/** An InfluxDB that is on no network of a user's cannot be led to. */
function portsOf({ ports }: Front, influxdb: Existing["influxdb"]): Front["ports"] {
  const { grafana, telegraf } = ports;
  return influxdb !== undefined && influxdb.network === undefined ? { grafana, telegraf } : ports;
}

function named(kind: string, names: readonly string[], host: string): string[] {
  return names.length === 0 ? [] : [`${host} has ${kind}: ${names.join(", ")}.`];
}
