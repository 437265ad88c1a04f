import { internetJob } from "../settings/presets";

/** The label that distinguishes a node's series of a metric, by the beginning of the metric's name. */
const labels: Readonly<Record<string, string>> = {
  node_cpu_: "cpu",
  node_disk_: "device",
  node_filesystem_: "mountpoint",
  node_network_: "device",
  rpi_frequency: "component",
  rpi_temperature: "sensor",
  rpi_throttled: "condition",
  rpi_voltage: "component",
};

/**
 * The same of metrics that only presets show. They stand apart, so that a preset does not change the conditions of all
 * other metrics, and with them every dashboard and task.
 */
const labelsOfPresets: Readonly<Record<string, string>> = {
  node_hwmon_: "chip",
  rpi_disk_: "disk",
  rpi_rail_: "rail",
};

/** The job of a preset's metrics, by the beginning of their names. A job of the user's may have the same metrics. */
const jobsOfPresets: Readonly<Record<string, string>> = { probe_: internetJob };

/** Labels that no panel asks for. Most other series have one of them, so a query that excludes them reads few series. */
const otherLabels = ["collector", "name", "state", "quantile"];

/**
 * A condition in Flux: the sample has the metric's own label or job, or none of the labels in this file. Without it
 * InfluxDB tries every metric with all 500 sets of labels of a Pi, which takes 33 s for a thousand nodes, and 3 s with
 * it; see docs/fleets.md. Panels and the downsampling tasks use it.
 */
export function labelCondition(metric: string): string {
  const entryOf = (table: Readonly<Record<string, string>>): string | undefined =>
    Object.entries(table).find(([beginning]) => metric.startsWith(beginning))?.[1];
  const job = entryOf(jobsOfPresets);
  if (job !== undefined) {
    return `r.job == "${job}"`;
  }
  const label = entryOf({ ...labels, ...labelsOfPresets });
  return label === undefined
    ? [...new Set([...otherLabels, ...Object.values(labels)])]
        .map((each) => `not exists r.${each}`)
        .join(" and ")
    : `exists r.${label}`;
}
