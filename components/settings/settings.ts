import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { parseDocument } from "yaml";
import { type Listener, listenerOf } from "./listeners";
import { mistakesIn } from "./describeMistakes";
import { type Service, services } from "./serviceNames";
import { namespace, type ParsedNode, type ParsedSettings, settingsSchema } from "./schema";
import { expandHome } from "../machine/ssh";
import { UserError } from "../userError";

/** Everything a stack can be told. */
export type Settings = Readonly<Omit<ParsedSettings, "nodes">> & {
  /** The name of the Pulumi stack. */
  readonly stack: string;
  readonly nodes: readonly NodeSettings[];
};
export type Vps = Exclude<Settings["vps"], "local">;
/** A credential that can be rotated, by the name of its setting in `rotated`. */
export type Credential = keyof Settings["rotated"];
export type NodeSettings = Omit<ParsedNode, "nodeExporter" | "prometheus"> & {
  /** The name of its master; a master's own name. */
  readonly scrapedBy: string;
  readonly nodeExporter: Listener;
  /** Of a master; other nodes run none. */
  readonly prometheus: Listener;
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
  const mistakes = mistakesIn(raw, result);
  if (!result.success || mistakes.length > 0) {
    throw new UserError(`The settings in Pulumi.${stack}.yaml cannot be used:`, mistakes);
  }
  const [master] = result.data.nodes.filter((each) => each.master);
  return {
    stack,
    ...result.data,
    nodes: result.data.nodes.map((each) => ({
      ...each,
      // Where nobody is named there is one master.
      scrapedBy: each.master ? each.name : (each.scrapedBy ?? master?.name ?? ""),
      nodeExporter: listenerOf("nodeExporter", result.data, each),
      prometheus: listenerOf("prometheus", result.data, each),
    })),
  };
}

/** How many seconds a duration such as `15s` or `1m` is. */
export function seconds(duration: string): number {
  return Number.parseInt(duration, 10) * (duration.endsWith("m") ? 60 : 1);
}

function parseValue(value: string): unknown {
  // Only objects and lists: a number or a boolean in plain text is told by its own setting.
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

/** Whether Grafana's volume is the program's. An existing one keeps what its owner has set up. */
export function hasOwnGrafana({ existing }: Pick<Settings, "existing">): boolean {
  return existing.volumes.grafana === undefined;
}

/** Whether InfluxDB runs on the server: only somebody else's may be out of its networks. */
export function isInfluxDbOnServer({ influxdb, existing }: Pick<Settings, "influxdb" | "existing">): boolean {
  return influxdb.url === undefined || existing.networks.influxdb !== undefined;
}

/** What answers HTTPS on the server: our own https-portal, an existing one, or a web server that leads to our ports. */
export type Ingress =
  | { readonly kind: "portal" }
  | { readonly kind: "existing"; readonly container: string }
  | { readonly kind: "loopback"; readonly ports: Partial<Readonly<Record<Service, number>>> };

/** What answers HTTPS on the server. */
export function ingressOf({ ingress, existing }: Pick<Settings, "ingress" | "existing">): Ingress {
  if (ingress.loopback !== undefined) {
    return { kind: "loopback", ports: ingress.loopback };
  }
  return existing.httpsPortal === undefined
    ? { kind: "portal" }
    : { kind: "existing", container: existing.httpsPortal };
}

/** The services that can be reached by their public names. */
export function exposedServices(
  settings: Pick<Settings, "expose" | "influxdb" | "existing" | "ingress">,
): Service[] {
  const ingress = ingressOf(settings);
  return services.filter(
    (service) =>
      (ingress.kind === "loopback" ? ingress.ports[service] !== undefined : settings.expose[service]) &&
      (service !== "influxdb" || isInfluxDbOnServer(settings)),
  );
}
