import {
  combined,
  knownNodes,
  latest,
  mean,
  newest,
  rate,
  recent,
  recentRate,
  samples,
  topNodes,
} from "../flux/query";
import {
  diskUse,
  isPhysicalInterface,
  loadPerCore,
  memoryUse,
  temperature,
  throttled,
} from "../flux/nodeMetrics";
import type { Settings } from "../settings/settings";
import { dashboard, lines, nodeTable, numbers, type MonitoringDashboard } from "./panel";
import { above, alertThresholds, below } from "./thresholds";

/** Every node at a glance, three or three hundred. */
export function clusterDashboard(settings: Settings): MonitoringDashboard {
  const { alerts, nodes } = settings;
  const thresholds = alertThresholds(settings);
  const loadLimits = above({ orange: alerts.loadPerCore / 2, red: alerts.loadPerCore });
  const nodesUp = `${recent({ of: ["up"], where: 'r.job == "node"' })} ${newest("node_name")}`;
  return dashboard(
    "cluster",
    "Cluster",
    [
      numbers({
        title: "Nodes up",
        description: "Nodes whose node_exporter answered Prometheus's last scrape.",
        limits: below({ red: 1, orange: nodes.length }),
        query: `${nodesUp} |> group() |> sum() |> keep(columns: ["_value"])`,
      }),
      numbers({
        title: "Nodes silent",
        description: "Nodes of the settings that did not answer, or whose samples do not arrive.",
        limits: above({ red: 1 }),
        query: `up = ${nodesUp} |> keep(columns: ["node_name", "_value"])
union(tables: [${knownNodes(nodes, 0)}, up]) |> group(columns: ["node_name"]) |> sum() |> group()
  |> reduce(identity: {_value: 0.0}, fn: (r, accumulator) => ({_value: if r._value < 1.0 then accumulator._value + 1.0 else accumulator._value}))`,
      }),
      numbers({
        title: "Hottest",
        description: "The highest temperature of a processor in the cluster.",
        unit: "celsius",
        decimals: 1,
        limits: thresholds.temperature,
        query: `${temperature(recent)} |> last() |> group() |> max() |> keep(columns: ["_value"])`,
      }),
      numbers({
        title: "Throttled",
        description:
          "Nodes whose firmware now lowers the clock, or reports too low a voltage. Pi health shows which and why.",
        limits: above({ red: 1 }),
        query: `${throttled} |> group() |> sum() |> keep(columns: ["_value"])`,
      }),
      numbers({
        title: "Fullest disk",
        description: "How full the fullest file system of any node is.",
        unit: "percent",
        decimals: 0,
        limits: thresholds.disk,
        query: `${diskUse} |> group() |> max() |> keep(columns: ["_value"])`,
      }),
      numbers({
        title: "Updates pending",
        description:
          "Packages that could be upgraded, on all nodes together. A node counts them every 15 minutes.",
        // Some releases of Debian have no metric when there is nothing to upgrade.
        query: `union(tables: [
  array.from(rows: [{_value: 0.0}]),
  ${recent({ of: ["apt_upgrades_pending"] })} ${newest("node_name", "origin", "arch")} |> group() |> keep(columns: ["_value"]),
]) |> group() |> sum()`,
      }),
      nodeTable({
        title: "Nodes",
        description: "The last values of each node. A silent node has only its name.",
        columns: [
          { name: "up", title: "up", isYesOrNo: true, limits: below({ red: 1 }), first: "lowest" },
          { name: "load", title: "load per core", decimals: 2, limits: loadLimits },
          { name: "cpu", title: "CPU", unit: "percent", decimals: 0, limits: above({ orange: 80, red: 95 }) },
          {
            name: "temperature",
            title: "temperature",
            unit: "celsius",
            decimals: 1,
            limits: thresholds.temperature,
          },
          { name: "memory", title: "memory", unit: "percent", decimals: 0, limits: thresholds.memory },
          { name: "disk", title: "fullest disk", unit: "percent", decimals: 0, limits: thresholds.disk },
          { name: "network", title: "network", unit: "Bps", decimals: 0 },
          {
            name: "throttled",
            title: "throttled",
            isYesOrNo: true,
            limits: above({ red: 1 }),
            first: "highest",
          },
        ],
        query: `column = (tables=<-, name) => tables |> keep(columns: ["node_name", "_value"]) |> set(key: "column", value: name)
up = ${nodesUp}
union(tables: [
  union(tables: [${knownNodes(nodes, 0)}, up |> keep(columns: ["node_name", "_value"])]) |> group(columns: ["node_name"]) |> max() |> column(name: "up"),
  ${loadPerCore(recent)} |> last() |> column(name: "load"),
  ${recent({ of: ["node_cpu_seconds_total"], where: 'r.mode == "idle"' })} ${recentRate} |> group(columns: ["node_name"]) |> mean() |> map(fn: (r) => ({r with _value: 100.0 * (1.0 - r._value)})) |> column(name: "cpu"),
  ${temperature(recent)} |> last() |> column(name: "temperature"),
  ${memoryUse(recent, latest("node_name"))} |> column(name: "memory"),
  ${diskUse} |> column(name: "disk"),
  ${recent({ of: ["node_network_receive_bytes_total", "node_network_transmit_bytes_total"], where: isPhysicalInterface })} ${recentRate} |> group(columns: ["node_name", "device", "_field"]) |> mean() |> group(columns: ["node_name"]) |> sum() |> column(name: "network"),
  ${throttled} |> column(name: "throttled"),
]) |> group() |> pivot(rowKey: ["node_name"], columnKey: ["column"], valueColumn: "_value") |> sort(columns: ["node_name"])`,
      }),
      lines({
        title: "Temperature of the hottest nodes",
        description:
          "The ten nodes that are the hottest on average. A Pi slows down at 80 °C, some models at 60 °C.",
        unit: "celsius",
        hidesZero: true,
        limits: thresholds.temperature,
        by: ["node_name"],
        query: topNodes(temperature(samples, mean)),
      }),
      lines({
        title: "CPU of the busiest nodes",
        description: "The ten nodes whose processors are busiest on average.",
        unit: "percent",
        by: ["node_name"],
        query: topNodes(
          `${samples({ of: ["node_cpu_seconds_total"], where: 'r.mode == "idle"' })} ${rate} ${combined("mean", "node_name")}
  |> map(fn: (r) => ({r with _value: 100.0 * (1.0 - r._value)}))`,
        ),
      }),
      lines({
        title: "Load per core of the most loaded nodes",
        description: "Processes that run or wait, for each core, over 5 minutes. Above 1 some of them wait.",
        decimals: 2,
        limits: above({ red: alerts.loadPerCore }),
        by: ["node_name"],
        query: topNodes(loadPerCore(samples, mean)),
      }),
      lines({
        title: "Memory of the nodes that use most",
        description:
          "Memory that is not available to new processes. Caches that can be dropped do not count.",
        unit: "percent",
        limits: thresholds.memory,
        by: ["node_name"],
        query: topNodes(memoryUse(samples, mean)),
      }),
    ],
    settings,
  );
}
