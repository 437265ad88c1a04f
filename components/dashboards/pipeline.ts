import {
  by,
  callMetrics,
  combined,
  daysSince,
  isOfNode,
  mean,
  rate,
  samples,
  serverSamples,
} from "../flux/query";
import { privateAuthority } from "../settings/ingress";
import type { Settings } from "../settings/settings";
import { grafanaMemory, sizeInfluxDb, sizeTelegraf } from "../settings/sizing";
import { dashboard, lines, numbers, type MonitoringDashboard } from "./panel";
import { above, alertThresholds, below } from "./thresholds";

const toInfluxDb = 'r.output == "influxdb_v2"';
const asOneNumber = '|> last() |> group() |> keep(columns: ["_value"])';

/**
 * The way of the samples from the Pis to InfluxDB, and the server that they end on.
 *
 * @param credentialsMadeAt when each credential was made
 */
export function pipelineDashboard(
  settings: Settings,
  credentialsMadeAt: Readonly<Record<string, string>>,
): MonitoringDashboard {
  const { alerts, rotateAfterDays, stack } = settings;
  const thresholds = alertThresholds(settings);
  const isOwnPortal = settings.ingress.kind === "portal" && settings.certificates !== "local";
  const hasAgeLimit = rotateAfterDays > 0;
  const ageLimits = hasAgeLimit ? above({ orange: rotateAfterDays * 0.9, red: rotateAfterDays }) : above({});
  return dashboard(
    "pipeline",
    "Pipeline",
    [
      numbers({
        title: "Age of the newest sample",
        description:
          "The age of the newest sample from Prometheus. If it is older than some scrapes, the master, its network or the portal has stopped.",
        unit: "s",
        decimals: 0,
        limits: above({ red: alerts.silentMinutes * 60 }),
        query: `from(bucket: raw) |> range(start: -1d) |> filter(fn: (r) => r._measurement == "prometheus_remote_write" and r._field == "up" and ${isOfNode}) |> last() |> group() |> max(column: "_time")
  |> map(fn: (r) => ({_value: float(v: int(v: now()) - int(v: r._time)) / 1000000000.0}))`,
      }),
      numbers({
        title: "Waiting in Telegraf",
        description: `Points that InfluxDB has not accepted yet. They are on the disk; see \`npm run doctor -- ${stack}\`.`,
        limits: above({ orange: 10_000, red: 100_000 }),
        query: `${serverSamples("internal_write", "buffer_size", toInfluxDb)} ${asOneNumber}`,
      }),
      numbers({
        title: "Series",
        description: "Series that InfluxDB holds. Each one needs memory.",
        limits: above({ orange: 500_000, red: 1_000_000 }),
        query: `${serverSamples("influxdb", "storage_bucket_series_num")} |> last() |> group() |> sum() |> keep(columns: ["_value"])`,
      }),
      numbers({
        title: "InfluxDB on disk",
        description: "Disk space of all buckets.",
        unit: "bytes",
        query: `${serverSamples("influxdb", "storage_shard_disk_size")} |> last() |> group() |> sum() |> keep(columns: ["_value"])`,
      }),
      numbers({
        title: "Certificate",
        description: `Time until the next certificate expires.${isOwnPortal ? " The portal renews it 30 days before." : ""}`,
        unit: "s",
        // A private authority may sign for hours only.
        limits:
          privateAuthority(settings.ingress) === undefined
            ? below({ red: alerts.certificateDays * 86_400, orange: 25 * 86_400 })
            : above({}),
        query: `${serverSamples("x509_cert", "expiry")} |> last() |> group() |> min() |> keep(columns: ["_value"])`,
      }),
      numbers({
        title: "Oldest credential",
        description: `Days since a credential was made. ${hasAgeLimit ? `It is due after ${rotateAfterDays} days. ` : ""}\`npm run rotate -- all --stack ${stack}\` replaces all of them.`,
        unit: "d",
        decimals: 0,
        limits: ageLimits,
        query: `${daysSince(credentialsMadeAt)} |> group() |> max() |> keep(columns: ["_value"])`,
      }),
      lines({
        title: "Points a second",
        description:
          "Points that arrive in Telegraf's buffer, and points that InfluxDB accepts from it. Both should be one line. A point is all samples with the same labels and time.",
        unit: "cps",
        by: ["metric"],
        query: `union(tables: [
  ${serverSamples("internal_write", "metrics_written", toInfluxDb)} ${rate},
  ${serverSamples("internal_write", "metrics_added", toInfluxDb)} ${rate},
]) ${callMetrics({ metrics_added: "into the buffer", metrics_written: "into InfluxDB" })}`,
      }),
      lines({
        title: "Errors",
        description:
          "Errors a second: Telegraf's writes to InfluxDB, its parsing, and samples that Prometheus could not send. All should be 0.",
        unit: "cps",
        atLeastTo: 1,
        limits: above({ red: 0.01 }),
        by: ["cause"],
        query: `union(tables: [
  ${serverSamples("internal_write", "errors", toInfluxDb)} ${rate} ${by()} |> set(key: "cause", value: "writing to InfluxDB"),
  ${serverSamples("internal_parser", "errors")} ${rate} ${by()} |> set(key: "cause", value: "parsing"),
  ${samples({ of: ["prometheus_remote_storage_samples_failed_total"] })} ${rate} ${combined("sum")} |> set(key: "cause", value: "sending from a master"),
])`,
      }),
      lines({
        title: "Telegraf's buffer",
        description:
          "Points that wait for InfluxDB. The buffer grows while InfluxDB is away. On disk it has space for the outage of the settings.",
        query: `${serverSamples("internal_write", "buffer_size", toInfluxDb)} ${mean}`,
      }),
      lines({
        title: "Dropped",
        description:
          "Losses a second: points that Telegraf drops, samples that Prometheus's queue drops. Both should be 0.",
        unit: "cps",
        atLeastTo: 1,
        limits: above({ red: 0.01 }),
        by: ["cause"],
        query: `union(tables: [
  ${serverSamples("internal_write", "metrics_dropped", toInfluxDb)} ${rate} ${by()} |> set(key: "cause", value: "by Telegraf"),
  ${samples({ of: ["prometheus_remote_storage_samples_dropped_total"] })} ${rate} ${combined("sum")} |> set(key: "cause", value: "by Prometheus"),
])`,
      }),
      lines({
        title: "Remote-write lag",
        description:
          "The time between the newest sample that each master has scraped and the newest that it has sent.",
        unit: "s",
        limits: above({ red: alerts.silentMinutes * 60 }),
        by: ["node_name"],
        query: `${samples({ of: ["prometheus_remote_storage_highest_timestamp_in_seconds", "prometheus_remote_storage_queue_highest_sent_timestamp_seconds"] })}
  |> filter(fn: (r) => r._value > 0.0) ${mean} |> group(columns: ["_field", "node_name"]) |> keep(columns: ["_time", "_field", "_value", "node_name"])
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> map(fn: (r) => ({_time: r._time, node_name: r.node_name, _value: r.prometheus_remote_storage_highest_timestamp_in_seconds - r.prometheus_remote_storage_queue_highest_sent_timestamp_seconds}))`,
      }),
      numbers({
        title: "Age of each credential",
        description: "Since each credential was made, or set up.",
        unit: "d",
        decimals: 0,
        limits: ageLimits,
        legend: "${__field.labels.name}",
        query: `${daysSince(credentialsMadeAt)} |> map(fn: (r) => ({r with _time: v.timeRangeStop})) ${by("name")}`,
      }),
      lines({
        title: "The server's disk",
        description: "How full the disk of Docker's volumes is.",
        unit: "percent",
        limits: thresholds.disk,
        query: `${serverSamples("disk", "used_percent")} ${mean}`,
      }),
      lines({
        title: "The server's memory",
        description: `Memory in use. Limits of the containers: ${memoryLimits(settings)}.`,
        unit: "percent",
        limits: thresholds.memory,
        query: `${serverSamples("mem", "used_percent")} ${mean}`,
      }),
      lines({
        title: "The server's load",
        description: "Processes that run or wait, over 5 minutes, and the number of cores.",
        decimals: 2,
        by: ["metric"],
        query: `union(tables: [${serverSamples("system", "load5")} ${mean}, ${serverSamples("system", "n_cpus")} ${mean}]) ${callMetrics({ load5: "load", n_cpus: "cores" })}`,
      }),
      lines({
        title: "Requests to the portal",
        description: "Requests a second, from masters, people and bots.",
        unit: "reqps",
        query: `${serverSamples("nginx", "requests")} ${rate}`,
      }),
      lines({
        title: "InfluxDB's memory",
        ...influxMemory(settings),
        unit: "bytes",
        query: `${serverSamples("influxdb", "go_memstats_sys_bytes")} ${mean} ${combined("max")}`,
      }),
    ],
    settings,
  );
}

/** What the panel of InfluxDB's memory says of its container, and its limits. */
function influxMemory(settings: Settings): { description: string; limits?: ReturnType<typeof above> } {
  if (settings.influxdb.kind === "external") {
    return { description: "Memory in use." };
  }
  const { memory } = sizeInfluxDb(settings);
  const bytes = memory * 1024 ** 2;
  return {
    description: `Memory in use, of the ${withUnit(memory)} that its container may use.`,
    limits: above({ orange: Math.round(0.8 * bytes), red: Math.round(0.95 * bytes) }),
  };
}

/** The memory limits of the containers, in words. */
function memoryLimits(settings: Settings): string {
  const limits = {
    ...(settings.influxdb.kind === "external" ? {} : { InfluxDB: sizeInfluxDb(settings).memory }),
    Telegraf: sizeTelegraf(settings).memory,
    Grafana: grafanaMemory,
  };
  return Object.entries(limits)
    .map(([name, limit]) => `${name} ${withUnit(limit)}`)
    .join(", ");
}

function withUnit(megabytes: number): string {
  return megabytes < 1024 ? `${megabytes} MB` : `${megabytes / 1024} GB`;
}
