import { answers, ofProbe, outages } from "../flux/probes";
import { combined, listOf, mean, newest, recent, samples } from "../flux/query";
import { probeInterval } from "../settings/probeInterval";
import type { ProbeTarget } from "../settings/probeTargets";
import type { Settings } from "../settings/settings";
import {
  type Column,
  dashboard,
  type DashboardPanel,
  lines,
  type MonitoringDashboard,
  numbers,
  rowTable,
} from "./panel";
import { above, below } from "./thresholds";

const last = '|> last() |> keep(columns: ["node_name", "instance", "_value"])';

/** The targets, and the tags that tell their series apart. */
interface Probes {
  readonly targets: readonly ProbeTarget[];
  readonly tags: readonly string[];
  readonly masters: number;
  /** Between two probes of a target. */
  readonly interval: string;
}

/** The line to the Internet, as the targets of the preset show it. A panel exists where a target has what it shows. */
export function internetDashboard(settings: Settings): MonitoringDashboard {
  const { nodes, presets } = settings;
  const masters = nodes.filter(({ master }) => master).length;
  const probes: Probes = {
    targets: presets.internet?.targets ?? [],
    // The name of the only master says nothing.
    tags: masters > 1 ? ofProbe : ["instance"],
    masters,
    interval: `${probeInterval(settings)}s`,
  };
  return dashboard(
    "internet",
    "Internet",
    [
      ...lineNow(settings, probes),
      targetTable(settings, probes),
      ...targetsOverTime(settings, probes),
      ...httpPanels(probes),
      ...dnsPanels(probes),
      ...pingPanels(probes),
      outageTable(settings),
    ],
    settings,
  );
}

function lineNow(settings: Settings, { targets }: Probes): DashboardPanel[] {
  return [
    numbers({
      title: "Targets up",
      columns: 6,
      description: "Targets that answered the last probe, of every master.",
      limits: below({ red: 1, orange: targets.length }),
      query: `${recent({ of: ["probe_success"] })} ${last} |> group(columns: ["instance"]) |> min() |> group() |> sum()`,
    }),
    numbers({
      title: "Internet up",
      columns: 6,
      description:
        "The part of the time range in which a target answered. While the line is down, nothing arrives here; what Prometheus has found it sends afterwards.",
      unit: "percent",
      decimals: 2,
      limits: below({ red: 99, orange: 99.9 }),
      query: `${answers(settings)} |> group() |> mean() |> map(fn: (r) => ({_value: 100.0 * r._value}))`,
    }),
    numbers({
      title: "Without Internet",
      columns: 6,
      description: "How long no target answered, in the time range, for the master with the most.",
      unit: "s",
      limits: above({ red: 60 }),
      query: `${answers(settings)} |> map(fn: (r) => ({node_name: r.node_name, _value: if r._value < 0.5 then ${probeInterval(settings).toFixed(1)} else 0.0})) |> sum() |> group() |> max() |> keep(columns: ["_value"])`,
    }),
    numbers({
      title: "Slowest answer",
      columns: 6,
      description: "The longest of the last probes, of all targets.",
      unit: "s",
      limits: above({ red: settings.alerts.probeSeconds }),
      query: `${recent({ of: ["probe_duration_seconds"] })} ${last} |> group() |> max() |> keep(columns: ["_value"])`,
    }),
  ];
}

/** The last probe of each target. A column exists where a target has what it shows. */
function targetTable({ alerts }: Settings, { targets, tags, masters }: Probes): DashboardPanel {
  const cells: { readonly column: Column; readonly query: string }[] = [
    {
      column: {
        name: "answers",
        title: "answers",
        isYesOrNo: true,
        limits: below({ red: 1 }),
        first: "lowest",
      },
      query: lastProbe("probe_success", tags),
    },
    {
      column: {
        name: "duration",
        title: "duration",
        unit: "s",
        limits: above({ red: alerts.probeSeconds }),
        first: "highest",
      },
      query: lastProbe("probe_duration_seconds", tags),
    },
    ...(has(targets, "http", "https")
      ? [
          {
            column: {
              name: "status",
              title: "HTTP status",
              decimals: 0,
              limits: [...below({ red: 200 }), { color: "red", value: 300 }],
            },
            query: lastProbe("probe_http_status_code", tags),
          },
        ]
      : []),
    ...(has(targets, "https")
      ? [
          {
            column: {
              name: "certificate",
              title: "certificate expires in",
              unit: "d",
              decimals: 1,
              limits: below({ red: alerts.certificateDays, orange: alerts.certificateDays + 7 }),
            },
            query: `${lastProbe("probe_ssl_earliest_cert_expiry", tags)} |> map(fn: (r) => ({r with _value: (r._value - float(v: int(v: now())) / 1000000000.0) / 86400.0}))`,
          },
        ]
      : []),
  ];
  const rows = cells.map(({ column, query }) => `${query} |> set(key: "column", value: "${column.name}")`);
  return rowTable({
    title: "Targets",
    rows: Math.min(targets.length * masters, 10),
    description:
      "The last probe of each target. A site is up with an HTTP status from 200 to 299; 0 means that it did not answer. Of a certificate, and what " +
      "it is signed by, the first to expire counts.",
    columns: [
      { name: "instance", title: "target", minWidth: 200 },
      ...(masters > 1 ? [{ name: "node_name", title: "probed by" }] : []),
      ...cells.map(({ column }) => column),
    ],
    query: `union(tables: [
  ${rows.join(",\n  ")},
]) |> group() |> pivot(rowKey: ${listOf(tags)}, columnKey: ["column"], valueColumn: "_value") |> sort(columns: ${listOf(tags)})`,
  });
}

/** The last value that a metric has of each target. */
function lastProbe(metric: string, tags: readonly string[]): string {
  return `${recent({ of: [metric] })} ${newest(...tags)} |> keep(columns: ${listOf([...tags, "_value"])})`;
}

function targetsOverTime(settings: Settings, { tags, interval }: Probes): DashboardPanel[] {
  return [
    lines({
      title: "Answered probes",
      description: "The share of the probes of each target that were answered.",
      unit: "percent",
      interval,
      by: tags,
      query: `${samples({ of: ["probe_success"] })} ${mean} |> map(fn: (r) => ({r with _value: 100.0 * r._value}))`,
    }),
    lines({
      title: "Duration",
      description:
        "How long the probes of each target took, from the question to the end of the answer. One without an answer ends after 10 seconds.",
      unit: "s",
      limits: above({ red: settings.alerts.probeSeconds }),
      interval,
      by: tags,
      query: `${samples({ of: ["probe_duration_seconds"] })} ${mean}`,
    }),
  ];
}

function httpPanels({ targets, interval }: Probes): DashboardPanel[] {
  if (!has(targets, "http", "https")) {
    return [];
  }
  return [
    lines({
      title: "HTTP by phase",
      description:
        "What a request takes, as a mean of all sites: `resolve` is DNS, `connect` is the line, `tls` is the line and the site, `processing` is the site, `transfer` is the answer.",
      unit: "s",
      interval,
      by: ["phase"],
      query: `${samples({ of: ["probe_http_duration_seconds"] })} ${combined("mean", "phase")}`,
    }),
  ];
}

function dnsPanels({ targets, tags, interval }: Probes): DashboardPanel[] {
  const names = targets.filter(({ isName }) => isName).map(({ text }) => text);
  const isName = `contains(value: r.instance, set: ${listOf(names)})`;
  const queries = [
    ...(has(targets, "dns")
      ? [samples({ of: ["probe_dns_duration_seconds"], where: 'r.phase == "request"' })]
      : []),
    ...(names.length > 0 ? [samples({ of: ["probe_dns_lookup_time_seconds"], where: isName })] : []),
  ].map((query) => `${query} ${mean}`);
  if (queries.length === 0) {
    return [];
  }
  return [
    lines({
      title: "DNS",
      description:
        "How long names take: a target that begins with `dns:` is asked itself; for any other, the master's own resolver is.",
      unit: "s",
      interval,
      by: tags,
      query: queries.length === 1 ? queries.join("") : `union(tables: [${queries.join(", ")}])`,
    }),
  ];
}

function pingPanels({ targets, tags, interval }: Probes): DashboardPanel[] {
  if (!has(targets, "icmp")) {
    return [];
  }
  return [
    lines({
      title: "Ping",
      description: "The way to a target and back, without DNS. One without an answer counts as 0.",
      unit: "s",
      interval,
      by: tags,
      query: `${samples({ of: ["probe_icmp_duration_seconds"], where: 'r.phase == "rtt"' })} ${mean}`,
    }),
  ];
}

function outageTable(settings: Settings): DashboardPanel {
  return rowTable({
    title: "Outages",
    rows: 6,
    description:
      "When no target answered, to the minute. It is empty if one always did. An outage in which the master was off is not known.",
    columns: [
      { name: "ended", title: "ended", first: "highest" },
      { name: "seconds", title: "duration", unit: "s" },
      { name: "node_name", title: "seen by" },
    ],
    query: `${outages(settings)} |> group() |> map(fn: (r) => ({ended: r._time, seconds: r.seconds, node_name: r.node_name}))
  |> sort(columns: ["ended"], desc: true) |> limit(n: 100)`,
  });
}

function has(targets: readonly ProbeTarget[], ...kinds: readonly ProbeTarget["kind"][]): boolean {
  return targets.some(({ kind }) => kinds.includes(kind));
}
