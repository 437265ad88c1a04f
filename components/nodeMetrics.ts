import { recent, type Selection } from "./flux";

/** Where samples come from: `samples` or `recent`. */
type Source = (selection: Selection) => string;

/** Makes one number of several metrics that were scraped together; `value` is an expression of them. */
function calculate(value: string): string {
  return `|> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> map(fn: (r) => ({_time: r._time, node_name: r.node_name, _value: ${value}})) |> group(columns: ["node_name"])`;
}

/** The temperature of each node's processor, in °C. */
export function temperature(source: Source, resample = ""): string {
  return `${source({ of: ["rpi_temperature"], where: 'r.sensor == "thermal_zone0"' })} ${resample} |> group(columns: ["node_name"])`;
}

/** The memory of each node that is in use, in percent. `resample` comes before the arithmetic. */
export function memoryUse(source: Source, resample = ""): string {
  const of = ["node_memory_MemAvailable_bytes", "node_memory_MemTotal_bytes"];
  return `${source({ of })} ${resample}
  ${calculate("100.0 * (1.0 - r.node_memory_MemAvailable_bytes / r.node_memory_MemTotal_bytes)")}`;
}

/** How many processes of each node run or wait over 5 minutes, for each of its cores. */
export function loadPerCore(source: Source, resample = ""): string {
  const cores = recent({ of: ["node_cpu_seconds_total"], where: 'r.mode == "idle"' });
  return `join.inner(
    left: ${source({ of: ["node_load5"] })} ${resample} |> group(columns: ["node_name"]),
    right: ${cores} |> last() |> group(columns: ["node_name"]) |> count(),
    on: (l, r) => l.node_name == r.node_name,
    as: (l, r) => ({_time: l._time, node_name: l.node_name, _value: l._value / float(v: r._value)}),
  )`;
}

/** How full the fullest file system of each node is now, in percent. */
export const diskUse = `${recent({ of: ["node_filesystem_avail_bytes", "node_filesystem_size_bytes"] })} |> last()
  ${calculate("100.0 * (1.0 - r.node_filesystem_avail_bytes / r.node_filesystem_size_bytes)")} |> max()`;

/** 1 for each node that its firmware holds back now, else 0. */
export const heldBack = `${recent({ of: ["rpi_throttled"], where: 'r.since == "now"' })} |> last() |> group(columns: ["node_name"]) |> max()`;
