import { z } from "zod";
import { object, refuseBy, showsSecret, text, wholeNumber } from "./fields";
import { type Listener, webListenAddress } from "./listeners";
import { internetJob, type InternetPreset } from "./presets";

/** An exporter of Debian: the package `prometheus-NAME-exporter` with a binary of this name, for the user prometheus. */
interface DebianExporter {
  /** Its usual port. */
  readonly port: number;
  /** The arguments for where it listens, first of all its arguments. */
  readonly listen: (listener: Listener) => readonly string[];
  /** What older versions call the flag of the first argument. */
  readonly olderFlag?: string;
  /** The flag for its configuration, and the file of Debian that it reads unless the user names another. */
  readonly configuration?: { readonly flag: string; readonly file: string };
  /** What its process needs besides the rights of its user. */
  readonly capabilities?: readonly string[];
  /** Variables of its environment, without a secret. */
  readonly environment?: readonly string[];
}

const web = (listener: Listener): readonly string[] => [`--web.listen-address=${webListenAddress(listener)}`];

/** By their names in the settings. The flags are those of Debian bookworm and trixie, as their binaries list them. */
export const debianExporters = {
  // bookworm has 0.12, which knows the older flag only.
  apache: { port: 9117, listen: web, olderFlag: "--telemetry.address" },
  bind: { port: 9119, listen: web },
  blackbox: {
    port: 9115,
    listen: web,
    // Without the flag it reads a file of its working directory.
    configuration: { flag: "--config.file", file: "/etc/prometheus/blackbox.yml" },
    // For probes by ping. Debian gives the binary an empty set of capabilities, which would take this one away. With
    // NoNewPrivileges, systemd mounts the files of a unit such that sets of files do not count.
    capabilities: ["CAP_NET_RAW"],
  },
  mqtt: {
    port: 9641,
    listen: ({ port, listenAddress = "" }) => [`--listen-address=${listenAddress}`, `--listen-port=${port}`],
  },
  nginx: { port: 9113, listen: web },
  postgres: {
    port: 9187,
    listen: web,
    // The login without a password that README.Debian of the package describes. Version 0.11 does not start without one.
    environment: ["DATA_SOURCE_NAME=user=prometheus host=/run/postgresql dbname=postgres"],
  },
  process: { port: 9256, listen: web },
  redis: { port: 9121, listen: web },
  snmp: { port: 9116, listen: web },
  "tplink-plug": {
    port: 9233,
    listen: (listener) => [`--metrics.listen-addr=${webListenAddress(listener)}`],
  },
} as const satisfies Readonly<Record<string, DebianExporter>>;

export type ExporterName = keyof typeof debianExporters;
export const exporterNames = Object.keys(debianExporters) as ExporterName[];

/** The entry of an exporter in the table. That of the probes is another blackbox. */
export function debianExporter(name: Exporter["name"]): DebianExporter {
  return debianExporters[name === internetJob ? "blackbox" : name];
}

/** The package of Debian that has an exporter, and its binary of the same name. */
export function packageOf({ name }: Pick<Exporter, "name">): string {
  return `prometheus-${name === internetJob ? "blackbox" : name}-exporter`;
}

/** An exporter on a node. */
export interface Exporter {
  readonly name: ExporterName | typeof internetJob;
  readonly port: number;
  /** Where it listens; unset for the address of node_exporter. */
  readonly listenAddress?: string;
  /** Besides those for where it listens, and for `configuration`. */
  readonly arguments: readonly string[];
  /** What it probes, by a configuration of this program's; unset where Debian's or the user's is read. */
  readonly probes?: InternetPreset;
}

interface ExporterSettings {
  readonly port?: number | undefined;
  readonly arguments?: readonly string[] | undefined;
}

/** @typeParam Off what switches an exporter off */
type Exporters<Off = never> = Readonly<Partial<Record<ExporterName, ExporterSettings | Off>>>;

interface Presets {
  readonly internet?: InternetPreset | undefined;
}

/** The exporters of a node: that of the preset `internet`, and each with what is set for the node, or else for all nodes. */
export function exportersOf(
  { exporters: ofAll, presets }: { readonly exporters: Exporters; readonly presets: Presets },
  { exporters: ofNode, master }: { readonly exporters: Exporters<false>; readonly master: boolean },
): Exporter[] {
  const probes = master ? presets.internet : undefined;
  const ofUser = exporterNames.flatMap((name) => {
    const [all, own] = [ofAll[name], ofNode[name]];
    if (own === false || (own ?? all) === undefined) {
      return [];
    }
    const port = own?.port ?? all?.port ?? debianExporters[name].port;
    return [{ name, port, arguments: own?.arguments ?? all?.arguments ?? [] }];
  });
  return [...(probes === undefined ? [] : [exporterOfProbes(probes)]), ...ofUser];
}

/** Only the master itself may ask it: it would probe anything in the home network. */
function exporterOfProbes(probes: InternetPreset): Exporter {
  return { name: internetJob, port: probes.port, listenAddress: "127.0.0.1", arguments: [], probes };
}

/** Flags that are not the user's, as patterns, and why. */
const refusedFlags: readonly (readonly [RegExp, string])[] = [
  [
    /^--((web\.)?listen-address|listen-port|telemetry\.address|metrics\.listen-addr|web\.systemd-socket)(=|$)/,
    "is set by this program: `port` is the port, and nodeExporter.listenAddress the address",
  ],
  [
    /^--(web\.telemetry-path|telemetry\.endpoint|web\.route-prefix|web\.external-url)(=|$)/,
    "must be left out, as Prometheus asks for /metrics",
  ],
  [
    /^--(web\.config(\.file)?|web-config-file|web\.secured-metrics|tls-server-[a-z-]+)(=|$)/,
    "must be left out, as Prometheus asks by plain HTTP and without a password",
  ],
];

/** What is wrong with an argument for an exporter. */
function argumentMistake(argument: string): string | undefined {
  if (showsSecret(argument)) {
    return "would show a secret to every user of the node; docs/exporters.md says which exporter reads one from a file";
  }
  return refusedFlags.find(([pattern]) => pattern.test(argument))?.[1];
}

const argument = text(
  /^--[A-Za-z][A-Za-z0-9._-]*(=[\x20-\x7e]*)?$/,
  "a flag with its value, such as --log.level=debug",
).superRefine(refuseBy(argumentMistake));

/** The exporters of all nodes. */
export const exporters = byName(
  exporter("Where this exporter of all nodes listens; docs/exporters.md has the names and the usual ports."),
);

/** The exporters of a node. */
export const nodeExporters = byName(
  z
    .union([exporter("Where it listens here."), z.literal(false)], {
      error: "must be false, or have port, arguments",
    })
    .meta({ allowed: "false, or what follows" })
    .describe(
      "An exporter on this node; what is set overrides the same of `exporters`, and `false` leaves it out here.",
    ),
);

function exporter(whereItListens: string) {
  return object({
    port: wholeNumber(1024, 65535, "").optional().describe(whereItListens),
    arguments: z
      .array(argument, { error: "must be a list of flags with their values" })
      .meta({ allowed: "a list of flags with their values, such as --log.level=debug" })
      .optional()
      .describe("Further arguments of it."),
  });
}

/** The setting of exporters by name. */
function byName<Setting extends z.ZodType>(setting: Setting) {
  const message = `is no exporter that this program has; it has: ${exporterNames.join(", ")}`;
  return z
    .partialRecord(z.enum(exporterNames), setting, {
      error: (issue) =>
        issue.code === "invalid_type" ? "must be an object with the names of exporters as its keys" : message,
    })
    .prefault({});
}
