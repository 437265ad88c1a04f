import { z } from "zod";
import { stackLabelName } from "../../../components/server/engine/serverContainer";
import * as ours from "../../../components/server/resourceNames";
import type { Server } from "../../remote/server";
import type { PortOwner } from "../../remote/portOwners";
import { warn, type Warning } from "../checkResult";
import { findWebServer, type WebServer } from "./webServer";

/** The part of `docker inspect` that shows what a container is for. */
const inspection = z.array(
  z.object({
    Name: z.string().transform((name) => name.replace(/^\//, "")),
    Config: z.object({
      Image: z.string(),
      Labels: z.record(z.string(), z.string()).nullish(),
    }),
    State: z.object({ Status: z.string() }),
    Mounts: z.array(z.object({ Destination: z.string() })),
    NetworkSettings: z.object({ Networks: z.record(z.string(), z.unknown()).nullish() }),
    HostConfig: z.object({ PortBindings: z.record(z.string(), z.unknown()).nullish() }),
  }),
);

type Container = z.output<typeof inspection>[number];

/** What Docker has on a server. */
export interface EngineContents {
  /** The output of `docker inspect`. */
  readonly containers: unknown;
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
}

/** What the server has before the first deploy. */
export interface Existing {
  /** Another stack of this program with containers there. */
  readonly stack?: string;
  /** An https-portal. */
  readonly portal?: string;
  /** An InfluxDB. */
  readonly influxdb?: { readonly container: string; readonly network?: string };
  /** Containers that have the name of one that a deploy with the proposed settings makes. */
  readonly inTheWay: readonly string[];
  /** Networks and volumes that have the name of one that a deploy makes. */
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
  /** A web server that is not an https-portal. */
  readonly webServer?: WebServer;
}

export async function readContents(server: Server): Promise<EngineContents> {
  const list = (...words: string[]): Promise<string[]> => server.dockerLines(words, { timeout: "20s" });
  // With a label behind its name, what a stack of this program has made has none of the names.
  const withLabel = ["--format", `{{.Name}} {{.Label "${stackLabelName}"}}`];
  const [ids, networks, volumes] = await Promise.all([
    list("ps", "--all", "--quiet"),
    list("network", "ls", ...withLabel),
    list("volume", "ls", ...withLabel),
  ]);
  const inspected = ids.length === 0 ? [] : await list("inspect", "--type", "container", ...ids);
  return {
    containers: JSON.parse(inspected.join("\n") || "[]") as unknown,
    networks: networks.map((line) => line.trim()),
    volumes: volumes.map((line) => line.trim()),
  };
}

/**
 * Finds what a deploy can use, or would collide with.
 *
 * @throws z.ZodError if the containers are not as `docker inspect` prints them
 */
export function findExisting(contents: EngineContents, owners: readonly PortOwner[]): Existing {
  const all = inspection.parse(contents.containers);
  const stack = all.map(({ Config }) => Config.Labels?.[stackLabelName]).find((label) => label !== undefined);
  const portals = all.filter((each) => isOf(each, "https-portal") && publishes(each));
  // One that was stopped may have been replaced by what has its ports now.
  const portal =
    portals.find(({ State }) => State.Status === "running") ??
    (findWebServer(owners) === undefined ? portals[0] : undefined);
  const influxdb = all.find((each) => isOf(each, "influxdb") && isVersion2(each));
  const others = all.filter((each) => each !== portal && each !== influxdb).map(({ Name }) => Name);
  const webServer = (portal ?? stack) === undefined ? findWebServer(owners) : undefined;
  const ingress = portal !== undefined ? "existing" : webServer !== undefined ? "loopback" : "portal";
  const { containers, networks, volumes } = ours;
  const created = [
    containers.influxdb,
    // Also beside an existing portal, where the ingest proxy answers to this name.
    containers.telegraf,
    ...(ingress === "existing" ? [containers.telegrafBehindProxy] : []),
    containers.grafana,
    ours.ingestContainers[ingress],
  ];
  return {
    stack,
    portal: portal?.Name,
    influxdb: influxdb && {
      container: influxdb.Name,
      network: Object.keys(influxdb.NetworkSettings.Networks ?? {}).find((network) => network !== "bridge"),
    },
    inTheWay: created.filter((name) => others.includes(name)),
    networks: Object.values(networks).filter((name) => contents.networks.includes(name)),
    volumes: [volumes.influxdb, volumes.grafana].filter((name) => contents.volumes.includes(name)),
    webServer,
  };
}

/** Whether the image is that of a project, of any registry. */
function isOf({ Config }: Container, project: string): boolean {
  return new RegExp(`(^|/)${project}([:@]|$)`).test(Config.Image);
}

function isVersion2({ Mounts }: Container): boolean {
  return Mounts.some(({ Destination }) => Destination === "/var/lib/influxdb2");
}

function publishes({ HostConfig }: Container): boolean {
  return Object.keys(HostConfig.PortBindings ?? {}).includes("443/tcp");
}

/** The proposal to use what exists, or the question whether a second stack is wanted. */
export function adoptionWarnings(existing: Existing, host: string): Warning[] {
  return existing.stack === undefined
    ? warn(
        describeExisting(existing, host),
        "Use what exists? It stays as it is; docs/adoption.md says what to do before the first deploy.",
      )
    : warn(
        [`${host} already has the stack ${existing.stack} of this program.`],
        "Two stacks would take each other's names and ports. Continue anyway?",
      );
}

/** What a deploy would collide with, one line each. */
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

/** The settings for what exists. */
export interface Adopted {
  readonly existing?: object;
  /** Unset without an existing InfluxDB; the user gives its organization, bucket and token. */
  readonly influxdb?: { readonly url?: string };
  readonly ingress?: { readonly loopback: WebServer["ports"] };
}

/** The settings by which a deploy uses what exists instead of making it. */
export function settingsFor({ stack, portal, influxdb, networks, volumes, webServer }: Existing): Adopted {
  if (stack !== undefined) {
    return {};
  }
  const onNetworks = Object.fromEntries(networks.map((name) => [name, name]));
  const usesVolume = influxdb === undefined && volumes.includes(ours.volumes.influxdb);
  const existing = {
    networks: influxdb?.network === undefined ? onNetworks : { ...onNetworks, influxdb: influxdb.network },
    volumes: {
      ...(usesVolume && { influxdb: ours.volumes.influxdb }),
      ...(volumes.includes(ours.volumes.grafana) && { grafana: ours.volumes.grafana }),
    },
    httpsPortal: portal,
  };
  const filled = Object.entries(existing).filter(
    ([, value]) => value !== undefined && Object.keys(value).length > 0,
  );
  return {
    ...(filled.length > 0 && { existing: Object.fromEntries(filled) }),
    ...(usesVolume && { influxdb: {} }),
    ...(influxdb && { influxdb: { url: `http://${influxdb.container}:8086` } }),
    ...(webServer && { ingress: { loopback: portsOf(webServer, influxdb) } }),
  };
}

/** Without the port of an InfluxDB that is only on Docker's default network, where the proxy cannot reach it. */
function portsOf({ ports }: WebServer, influxdb: Existing["influxdb"]): WebServer["ports"] {
  const { grafana, telegraf } = ports;
  return influxdb !== undefined && influxdb.network === undefined ? { grafana, telegraf } : ports;
}

function named(kind: string, names: readonly string[], host: string): string[] {
  return names.length === 0 ? [] : [`${host} has ${kind}: ${names.join(", ")}.`];
}
