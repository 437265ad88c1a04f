import { z } from "zod";
import { refuseBy, showsSecret } from "./fields";

const allowed =
  'a list of arguments of node_exporter, such as "--collector.systemd" or "--collector.netdev.device-exclude=^veth"';

/** An argument in one word, with its value behind `=`. */
const form = /^--[a-z][a-z0-9.-]*(=[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]{0,1000})?$/u;

/** The collectors whose metrics the panels, the alerts and doctor need. */
const neededCollectors = [
  "cpu",
  "diskstats",
  "filesystem",
  "hwmon",
  "loadavg",
  "meminfo",
  "netdev",
  "stat",
  "textfile",
  "time",
  "timex",
] as const;

/** The reasons against arguments, by the form of their names without the leading hyphens. */
const refused: readonly (readonly [RegExp, string])[] = [
  [
    /^web\.(listen-address|systemd-socket)$/,
    "must not say where node_exporter listens: nodeExporter.port and nodeExporter.listenAddress do",
  ],
  [
    /^web\.(config(\.file)?|telemetry-path)$/,
    "must not change how node_exporter is asked, as Prometheus and doctor ask for http://…/metrics",
  ],
  [/^collector\.textfile\.directory$/, "must not be set, as the program's folder has the Pi's own metrics"],
  [/^path\./, "must not be set, as the metrics would be those of another file system than the node's"],
  [/^collector\.disable-defaults$/, "must not be set, as panels and alerts need most of these collectors"],
  [
    new RegExp(`^no-collector\\.(${neededCollectors.join("|")})$`),
    `must not be set, as panels and alerts need this collector; those that they need: ${neededCollectors.join(", ")}`,
  ],
  [
    /^(version|help|help-long|help-man|completion-.*)$/,
    "must not be set, as node_exporter would end at once",
  ],
];

const error = `must be ${allowed}`;

/** A list of arguments of node_exporter; the node tests whether the installed version takes them. */
export const nodeExporterArguments = z
  .array(z.string({ error }).regex(form, { error, abort: true }).superRefine(refuseBy(mistakeOf)), { error })
  .superRefine((list, context) => {
    const subjects = list.map(subjectOf);
    subjects.forEach((subject, index) => {
      const first = subjects.indexOf(subject);
      if (first !== index) {
        const message = `must stand there once, and ${list[first] ?? ""} is about the same`;
        context.addIssue({ code: "custom", path: [index], message });
      }
    });
  })
  .meta({ allowed })
  .optional();

function mistakeOf(argument: string): string | undefined {
  if (showsSecret(argument)) {
    return "would show a secret to every user of the node";
  }
  const name = nameOf(argument);
  return refused.find(([pattern]) => pattern.test(name))?.[1];
}

/** Arguments with others added. One about the same as an added one is left out, as node_exporter would refuse both. */
export function withArguments(
  some: readonly string[] = [],
  added: readonly string[] = [],
): readonly string[] {
  const subjects = new Set(added.map(subjectOf));
  return [...some.filter((argument) => !subjects.has(subjectOf(argument))), ...added];
}

function nameOf(argument: string): string {
  return argument.replace(/^--/, "").replace(/=.*/s, "");
}

/**
 * What an argument is about: a switch and its opposite are about one collector, and of the selections of file systems and
 * devices node_exporter takes one of each kind.
 * Source: `newMountPointsFilter` and `newFSTypeFilter` in
 * https://github.com/prometheus/node_exporter/blob/v1.9.0/collector/filesystem_common.go, `device-exclude &
 * device-include are mutually exclusive` in netdev_common.go and diskstats_common.go
 */
function subjectOf(argument: string): string {
  return nameOf(argument)
    .replace(/^no-/, "")
    .replace(/^(collector\.filesystem)\.ignored-(mount-points|fs-types)$/, "$1.$2")
    .replace(/^(collector\.filesystem\.(mount-points|fs-types))-(in|ex)clude$/, "$1")
    .replace(/^(collector\.(diskstats|netdev)\.device)-(in|ex)clude$/, "$1");
}
