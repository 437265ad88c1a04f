import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { parseDocument } from "yaml";
import { type InfluxDbSettings, influxDbOf } from "./influxDbKinds";
import { type Ingress, ingressOf } from "./ingress";
import { type Exporter, exportersOf } from "./exporters";
import { type Listener, listenerOf } from "./listeners";
import { crossChecks } from "./crossChecks";
import { withArguments } from "./nodeExporterArguments";
import { describeMistakes } from "./describeMistakes";
import { type Service, services } from "./serviceNames";
import type { ParsedNode } from "./machines";
import { namespace, type ParsedSettings, settingsSchema } from "./schema";
import { expandHome } from "../machine/ssh";
import { UserError } from "../userError";

/** All settings of a stack. */
export type Settings = Readonly<Omit<ParsedSettings, "nodes" | "influxdb" | "ingress" | "existing">> & {
  /** The name of the Pulumi stack. */
  readonly stack: string;
  readonly nodes: readonly NodeSettings[];
  readonly influxdb: InfluxDbSettings;
  readonly ingress: Ingress;
  /** Networks and volumes that exist and are used. */
  readonly existing: Omit<ParsedSettings["existing"], "httpsPortal">;
};
export type Vps = Exclude<Settings["vps"], "local">;
/** A credential that can be rotated, by the name of its setting in `rotated`. */
export type Credential = keyof Settings["rotated"];
export type NodeSettings = Omit<ParsedNode, "nodeExporter" | "prometheus" | "exporters"> & {
  /** The name of its master; a master's own name. */
  readonly scrapedBy: string;
  /** Its arguments are those of the user. */
  readonly nodeExporter: Listener & { readonly arguments: readonly string[] };
  /** Of a master; other nodes run none. */
  readonly prometheus: Listener;
  /** Besides node_exporter. They listen at its address. */
  readonly exporters: readonly Exporter[];
};

/** The settings of the running Pulumi program. */
export function loadSettings(): Settings {
  return parseSettings(pulumi.getStack(), pulumi.runtime.allConfig());
}

/**
 * Reads settings from Pulumi's configuration, where anything but plain text is JSON.
 *
 * @param configuration all keys of the stack's configuration; those of other namespaces are passed over
 * @throws UserError with every mistake at once
 */
export function parseSettings(stack: string, configuration: Readonly<Record<string, string>>): Settings {
  const raw: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(configuration)) {
    if (name.startsWith(`${namespace}:`)) {
      raw[name.slice(namespace.length + 1)] = parseValue(value);
    }
  }
  raw["nodes"] = readNodes(raw["nodes"]);
  const result = settingsSchema.safeParse(raw);
  const mistakes = [...describeMistakes(result.error?.issues ?? [], raw), ...crossChecks(result.data, raw)];
  if (!result.success || mistakes.length > 0) {
    throw new UserError(`The settings in Pulumi.${stack}.yaml cannot be used:`, mistakes);
  }
  return { stack, ...result.data, ...resolve(result.data) };
}

/** What is derived from several settings. */
function resolve(parsed: ParsedSettings): Pick<Settings, "nodes" | "influxdb" | "ingress" | "existing"> {
  const { networks, volumes } = parsed.existing;
  const [onlyMaster] = parsed.nodes.filter(({ master }) => master);
  return {
    nodes: parsed.nodes.map((node) => ({
      ...node,
      sshJump: node.sshJump ?? parsed.sshJump,
      // Without `scrapedBy` there is one master.
      scrapedBy: node.master ? node.name : (node.scrapedBy ?? onlyMaster?.name ?? ""),
      nodeExporter: {
        ...listenerOf("nodeExporter", parsed, node),
        arguments: withArguments(parsed.nodeExporter.arguments, node.nodeExporter.arguments),
      },
      prometheus: listenerOf("prometheus", parsed, node),
      exporters: exportersOf(parsed, node),
    })),
    influxdb: influxDbOf(parsed.influxdb),
    ingress: ingressOf(parsed),
    existing: { networks, volumes },
  };
}

/** The jobs of the user's own that a master runs. */
export function jobsOf({ name }: Pick<NodeSettings, "name">, { scrape }: Pick<Settings, "scrape">) {
  return scrape.filter(({ master = name }) => master === name);
}

/** How many seconds a duration such as `15s` or `1m` is. */
export function seconds(duration: string): number {
  return Number.parseInt(duration, 10) * (duration.endsWith("m") ? 60 : 1);
}

function parseValue(value: string): unknown {
  // Only objects and lists: the schema of a setting reads numbers and booleans in plain text.
  if (!/^\s*[[{]/.test(value)) {
    return value;
  }
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/**
 * The nodes of a file, where `value` is the path of one. Pulumi hands its settings to the program in one variable of
 * the environment, and Linux allows that 128 KB: a larger fleet has no room there.
 */
function readNodes(value: unknown): unknown {
  if (typeof value !== "string") {
    return value;
  }
  try {
    const content = parseDocument(readFileSync(expandHome(value), "utf8"));
    return content.errors.length > 0 ? value : content.toJS();
  } catch {
    return value;
  }
}

/** Whether the program has made Grafana's volume. An existing one keeps what its owner has set up. */
export function hasOwnGrafana({ existing }: Pick<Settings, "existing">): boolean {
  return existing.volumes.grafana === undefined;
}

/** Whether InfluxDB runs on the server: an external one does where its network is given. */
export function isInfluxDbOnServer({ influxdb, existing }: Pick<Settings, "influxdb" | "existing">): boolean {
  return influxdb.kind !== "external" || existing.networks.influxdb !== undefined;
}

/** The services that can be reached by their public names. */
export function exposedServices({
  ingress,
  expose,
  ...settings
}: Pick<Settings, "expose" | "influxdb" | "existing" | "ingress">): Service[] {
  return services.filter(
    (service) =>
      (ingress.kind === "loopback" ? ingress.ports[service] !== undefined : expose[service]) &&
      (service !== "influxdb" || isInfluxDbOnServer(settings)),
  );
}
