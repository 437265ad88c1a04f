import { answers, ofProbe, outages } from "../flux/probes";
import { combined, listOf, mean, recent, samples } from "../flux/query";
import { probeInterval } from "../settings/probeInterval";
import type { ProbeTarget } from "../settings/probeTargets";
import type { Settings } from "../settings/settings";
import {
  dashboard,
  type DashboardPanel,
  eventTable,
  lines,
  type MonitoringDashboard,
  numbers,
} from "./panel";
import { above, below } from "./thresholds";

const newest = '|> last() |> keep(columns: ["node_name", "instance", "_value"])';

/** The targets, and the tags that tell their series apart. */
interface Probes {
  readonly targets: readonly ProbeTarget[];
  readonly tags: readonly string[];
}

/** The line to the Internet, as the targets of the preset show it. A panel exists where a target has what it shows. */
export function internetDashboard(settings: Settings): MonitoringDashboard {
  const { nodes, presets } = settings;
  const probes: Probes = {
    targets: presets.internet?.targets ?? [],
    // The name of the only master says nothing.
    tags: nodes.filter(({ master }) => master).length > 1 ? ofProbe : ["instance"],
  };
  return dashboard(
    "internet",
    "Internet",
    [
      ...lineNow(settings, probes),
      ...targetsOverTime(settings, probes),
      ...httpPanels(probes),
      ...dnsPanels(probes),
      ...pingPanels(probes),
      ...certificatePanels(settings, probes),
      outageTable(settings),
    ],
    settings,
  );
}

function lineNow(settings: Settings, { targets }: Probes): DashboardPanel[] {
  return [
    numbers({
      title: "Targets up",
      description: "Targets that answered the last probe, of every master.",
      limits: below({ red: 1, orange: targets.length }),
      query: `${recent({ of: ["probe_success"] })} ${newest} |> group(columns: ["instance"]) |> min() |> group() |> sum()`,
    }),
    numbers({
      title: "Internet up",
      description:
        "The part of the time range in which a target answered. While the line is down, nothing arrives here; what Prometheus has found it sends afterwards.",
      unit: "percent",
      decimals: 2,
      limits: below({ red: 99, orange: 99.9 }),
      query: `${answers(settings)} |> group() |> mean() |> map(fn: (r) => ({_value: 100.0 * r._value}))`,
    }),
    numbers({
      title: "Without Internet",
      description: "How long no target answered, in the time range, for the master with the most.",
      unit: "s",
      decimals: 0,
      limits: above({ red: 60 }),
      query: `${answers(settings)} |> map(fn: (r) => ({node_name: r.node_name, _value: if r._value < 0.5 then ${probeInterval(settings).toFixed(1)} else 0.0})) |> sum() |> group() |> max() |> keep(columns: ["_value"])`,
    }),
    numbers({
      title: "Slowest answer",
      description: "The longest of the last probes, of all targets.",
      unit: "s",
      decimals: 3,
      limits: above({ red: settings.alerts.probeSeconds }),
      query: `${recent({ of: ["probe_duration_seconds"] })} ${newest} |> group() |> max() |> keep(columns: ["_value"])`,
    }),
  ];
}

function targetsOverTime(settings: Settings, { tags }: Probes): DashboardPanel[] {
  return [
    numbers({
      title: "Answers",
      description: "Whether each target answered the last probe.",
      unit: "bool_yes_no",
      limits: below({ red: 1 }),
      legend: legendOf(tags),
      query: `${recent({ of: ["probe_success"] })} ${newestOfEach(tags)}`,
    }),
    lines({
      title: "Answered probes",
      description: "The share of the probes of each target that were answered.",
      unit: "percent",
      by: tags,
      query: `${samples({ of: ["probe_success"] })} ${mean} |> map(fn: (r) => ({r with _value: 100.0 * r._value}))`,
    }),
    lines({
      title: "Duration",
      description:
        "How long the probes of each target took, from the question to the end of the answer. One without an answer ends after 10 seconds.",
      unit: "s",
      limits: above({ red: settings.alerts.probeSeconds }),
      by: tags,
      query: `${samples({ of: ["probe_duration_seconds"] })} ${mean}`,
    }),
  ];
}

function httpPanels({ targets, tags }: Probes): DashboardPanel[] {
  if (!has(targets, "http", "https")) {
    return [];
  }
  return [
    lines({
      title: "HTTP by phase",
      description:
        "What a request takes, as a mean of all sites: `resolve` is DNS, `connect` is the line, `tls` is the line and the site, `processing` is the site, `transfer` is the answer.",
      unit: "s",
      by: ["phase"],
      query: `${samples({ of: ["probe_http_duration_seconds"] })} ${combined("mean", "phase")}`,
    }),
    numbers({
      title: "HTTP status",
      description:
        "The last answer of each site: from 200 to 299 all is well, 0 means that there was no answer.",
      limits: [...below({ red: 200 }), { color: "red", value: 300 }],
      legend: legendOf(tags),
      query: `${recent({ of: ["probe_http_status_code"] })} ${newestOfEach(tags)}`,
    }),
  ];
}

function dnsPanels({ targets, tags }: Probes): DashboardPanel[] {
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
      by: tags,
      query: queries.length === 1 ? queries.join("") : `union(tables: [${queries.join(", ")}])`,
    }),
  ];
}

function pingPanels({ targets, tags }: Probes): DashboardPanel[] {
  if (!has(targets, "icmp")) {
    return [];
  }
  return [
    lines({
      title: "Ping",
      description: "The way to a target and back, without DNS. One without an answer counts as 0.",
      unit: "s",
      by: tags,
      query: `${samples({ of: ["probe_icmp_duration_seconds"], where: 'r.phase == "rtt"' })} ${mean}`,
    }),
  ];
}

function certificatePanels({ alerts }: Settings, { targets, tags }: Probes): DashboardPanel[] {
  if (!has(targets, "https")) {
    return [];
  }
  return [
    numbers({
      title: "Certificates",
      description: "Time until the certificate of each site expires, or one that it is signed by.",
      unit: "d",
      decimals: 0,
      limits: below({ red: alerts.certificateDays, orange: alerts.certificateDays + 7 }),
      legend: legendOf(tags),
      query: `${recent({ of: ["probe_ssl_earliest_cert_expiry"] })}
  |> map(fn: (r) => ({r with _value: (r._value - float(v: int(v: now())) / 1000000000.0) / 86400.0})) ${newestOfEach(tags)}`,
    }),
  ];
}

function outageTable(settings: Settings): DashboardPanel {
  return eventTable({
    title: "Outages",
    description:
      "When no target answered, to the minute. It is empty if one always did. An outage in which the master was off is not known.",
    columns: [
      { name: "ended", title: "ended", first: "highest" },
      { name: "seconds", title: "duration", unit: "s", decimals: 0 },
      { name: "node_name", title: "seen by" },
    ],
    query: `${outages(settings)} |> group() |> map(fn: (r) => ({ended: r._time, seconds: r.seconds, node_name: r.node_name}))
  |> sort(columns: ["ended"], desc: true) |> limit(n: 100)`,
  });
}

function has(targets: readonly ProbeTarget[], ...kinds: readonly ProbeTarget["kind"][]): boolean {
  return targets.some(({ kind }) => kinds.includes(kind));
}

function legendOf(tags: readonly string[]): string {
  return tags.map((tag) => `\${__field.labels.${tag}}`).join(" ");
}

/** The last value of each series, named by these tags. */
function newestOfEach(tags: readonly string[]): string {
  const columns = listOf([...tags, "_time", "_value"]);
  return `|> last() |> map(fn: (r) => ({r with _time: v.timeRangeStop})) |> group(columns: ${listOf(tags)}) |> keep(columns: ${columns})`;
}
