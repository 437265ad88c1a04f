import { probeInterval } from "../settings/probeInterval";
import type { Settings } from "../settings/settings";
import { everySample, latest, listOf, samples } from "./query";

/** What tells the probes of a target by a master apart; `instance` is the target as the settings have it. */
export const ofProbe = ["node_name", "instance"] as const;

/** 1 for each scrape in which a target answered its master, and 0 for one in which none did. */
export function answers(settings: Settings): string {
  return `${everySample({ of: ["probe_success"] })} |> group(columns: ["node_name"])
  |> aggregateWindow(every: ${probeInterval(settings)}s, fn: max, timeSrc: "_start", createEmpty: false)`;
}

/**
 * The outages of the line of each master that have ended, with `seconds`, and `_time` when it ended. A row is the first
 * answer after scrapes without one: `stateDuration` counts up from 0 during these, and is -1 else.
 */
export function outages(settings: Settings): string {
  return `${answers(settings)}
  |> stateDuration(fn: (r) => r._value < 0.5, column: "without", unit: 1s)
  |> difference(columns: ["without"]) |> filter(fn: (r) => r.without < 0)
  |> map(fn: (r) => ({_time: r._time, node_name: r.node_name, seconds: float(v: ${probeInterval(settings)} - 1 - r.without)}))`;
}

/** The last `probe_success` of each target, and `probe_ip_protocol`, which is 0 for a name that has not been found. */
const lastProbes = `${samples({ of: ["probe_success", "probe_ip_protocol"] })} ${latest(...ofProbe)}
  |> group(columns: ${listOf(ofProbe)}) |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")`;

/**
 * 1 for each target whose last probe meets a condition of `probe` while another target answered, and 0 for the others. A
 * line that is down is no fault of a target.
 */
export function whileLineIsUp(condition: string): string {
  return `probes = ${lastProbes}
line = ${samples({ of: ["probe_success"] })} |> last() |> group(columns: ["node_name"]) |> max() |> keep(columns: ["node_name", "_value"])
join(tables: {probe: probes, line: line}, on: ["node_name"])
  |> map(fn: (r) => ({node_name: r.node_name, instance: r.instance, _value: if r._value > 0.5 and r.probe_success < 0.5 and (${condition}) then 1.0 else 0.0}))
  |> group(columns: ${listOf(ofProbe)})`;
}

/** How long each probe took that was answered, in seconds. */
export const answeredSeconds = `${samples({ of: ["probe_duration_seconds", "probe_success"] })}
  |> group(columns: ${listOf(ofProbe)}) |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> filter(fn: (r) => r.probe_success > 0.5)
  |> map(fn: (r) => ({_time: r._time, node_name: r.node_name, instance: r.instance, _value: r.probe_duration_seconds})) |> group(columns: ${listOf(ofProbe)})`;
