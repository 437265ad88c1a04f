import {
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import {
  callMetrics,
  combined,
  isOfNode,
  latest,
  mean,
  newest,
  rate,
  recent,
  remoteWrite,
  samples,
} from "../flux/query";
import { isPhysicalInterface, memoryUse, type Source, temperature } from "../flux/nodeMetrics";
import type { Settings } from "../settings/settings";
import { completeQuery, dataSource } from "../flux/fluxQuery";
import { dashboard, lines, numbers, type MonitoringDashboard } from "./panel";
import { above, alertThresholds, below } from "./thresholds";

/** Narrows a source to the node that was chosen. */
function ofNode(source: Source): Source {
  const isChosen = 'r.node_name == "${node}"';
  return ({ of, where }) =>
    source({ of, where: where === undefined ? isChosen : `${isChosen} and ${where}` });
}

const nodeSamples = ofNode(samples);
const nodeRecent = ofNode(recent);

/** One node in depth. */
export function nodeDashboard(settings: Settings): MonitoringDashboard {
  const thresholds = alertThresholds(settings);
  const asOneNumber = '|> last() |> group() |> keep(columns: ["_value"])';
  return dashboard(
    "node",
    "Node",
    [
      numbers({
        title: "Answers",
        description: "Whether node_exporter answered Prometheus's last scrape.",
        unit: "bool_yes_no",
        limits: below({ red: 1 }),
        query: `${nodeRecent({ of: ["up"], where: 'r.job == "node"' })} ${newest("node_name")} ${asOneNumber}`,
      }),
      numbers({
        title: "Up since",
        description: "Time since the node was started.",
        unit: "s",
        query: `${nodeRecent({ of: ["node_time_seconds", "node_boot_time_seconds"] })} ${latest("node_name")}
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> map(fn: (r) => ({_value: r.node_time_seconds - r.node_boot_time_seconds})) |> group()`,
      }),
      numbers({
        title: "Temperature",
        description: "The processor's, now. A Pi slows down at 80 °C, some models at 60 °C.",
        unit: "celsius",
        decimals: 1,
        limits: thresholds.temperature,
        query: `${temperature(nodeRecent)} ${asOneNumber}`,
      }),
      numbers({
        title: "Cores",
        description: "Cores of the processor.",
        query: `${nodeRecent({ of: ["node_cpu_seconds_total"], where: 'r.mode == "idle"' })} |> last() |> group() |> distinct(column: "cpu") |> count() |> keep(columns: ["_value"])`,
      }),
      numbers({
        title: "Memory",
        description: "How much memory the node has.",
        unit: "bytes",
        query: `${nodeRecent({ of: ["node_memory_MemTotal_bytes"] })} ${newest("node_name")} ${asOneNumber}`,
      }),
      numbers({
        title: "Processes waiting",
        description: "Processes that wait for a disk or the network, at the last scrape.",
        limits: above({ orange: 5 }),
        query: `${nodeRecent({ of: ["node_procs_blocked"] })} ${newest("node_name")} ${asOneNumber}`,
      }),
      lines({
        title: "CPU by what it does",
        description:
          "All cores together. `iowait` is the time spent waiting for the SD card; a Pi has no `steal`.",
        unit: "percent",
        by: ["mode"],
        query: `${nodeSamples({ of: ["node_cpu_seconds_total"], where: 'r.mode != "idle"' })} ${rate} ${combined("mean", "mode")}
  |> map(fn: (r) => ({r with _value: 100.0 * r._value}))`,
      }),
      lines({
        title: "Load",
        description:
          "Processes that run or wait, over 1, 5 and 15 minutes. With more of them than cores, some wait.",
        decimals: 2,
        by: ["metric"],
        query: `${nodeSamples({ of: ["node_load1", "node_load5", "node_load15"] })} ${mean} ${callMetrics({ node_load1: "1 minute", node_load5: "5 minutes", node_load15: "15 minutes" })}`,
      }),
      lines({
        title: "Memory in use",
        description:
          "Memory that is not available to new processes. Caches that can be dropped do not count.",
        unit: "percent",
        limits: thresholds.memory,
        query: memoryUse(nodeSamples, mean),
      }),
      lines({
        title: "Temperature",
        description: "The processor's. A Pi slows down at 80 °C, some models at 60 °C.",
        unit: "celsius",
        hidesZero: true,
        limits: thresholds.temperature,
        query: temperature(nodeSamples, mean),
      }),
      lines({
        title: "Disks",
        description: "How full each file system is.",
        unit: "percent",
        limits: thresholds.disk,
        by: ["mountpoint"],
        query: `${nodeSamples({ of: ["node_filesystem_avail_bytes", "node_filesystem_size_bytes"] })} ${mean}
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> map(fn: (r) => ({_time: r._time, mountpoint: r.mountpoint, _value: 100.0 * (1.0 - r.node_filesystem_avail_bytes / r.node_filesystem_size_bytes)}))`,
      }),
      lines({
        title: "Disk reads and writes",
        description: "Bytes that each disk reads and writes. Every written byte wears an SD card.",
        unit: "Bps",
        by: ["device", "metric"],
        query: `${nodeSamples({ of: ["node_disk_read_bytes_total", "node_disk_written_bytes_total"], where: "r.device !~ /^(loop|ram|zram)/" })} ${rate} ${callMetrics({ node_disk_read_bytes_total: "read", node_disk_written_bytes_total: "written" })}`,
      }),
      lines({
        title: "Network received",
        description: "By network interface, without those of containers and VPNs.",
        unit: "Bps",
        by: ["device"],
        query: `${nodeSamples({ of: ["node_network_receive_bytes_total"], where: isPhysicalInterface })} ${rate}`,
      }),
      lines({
        title: "Network sent",
        description: "By network interface, without those of containers and VPNs.",
        unit: "Bps",
        by: ["device"],
        query: `${nodeSamples({ of: ["node_network_transmit_bytes_total"], where: isPhysicalInterface })} ${rate}`,
      }),
    ],
    settings,
  ).withVariable(
    new QueryVariableBuilder("node")
      .label("Node")
      .description("Every node that has reported in the last day.")
      .datasource(dataSource)
      .query(completeQuery(nodeNames, settings))
      .refresh(VariableRefresh.OnDashboardLoad)
      .sort(VariableSort.NaturalAsc),
  );
}

const nodeNames = `from(bucket: raw) |> range(start: -1d) |> filter(fn: (r) => r._measurement == "${remoteWrite}" and r._field == "up" and r.job == "node" and ${isOfNode})
  |> last() |> group() |> distinct(column: "node_name") |> sort()`;
