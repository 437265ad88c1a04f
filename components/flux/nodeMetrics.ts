import { latest, newest, recent, type Selection } from "./query";

/** Where samples come from: `samples` or `recent`. */
export type Source = (selection: Selection) => string;

/** Makes one number of several metrics that have the same time; `value` is an expression of them. */
function calculate(value: string): string {
  return `|> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> map(fn: (r) => ({_time: r._time, node_name: r.node_name, _value: ${value}})) |> group(columns: ["node_name"])`;
}

/** A condition in Flux: the sample is of a processor's sensor. A machine has one of the two, see raspberrypi_metrics.sh. */
export const isProcessor = '(r.sensor == "thermal_zone0" or r.sensor == "processor")';

/** The temperature of each node's processor, in °C. */
export function temperature(source: Source, resample = ""): string {
  const temperatures = `${source({ of: ["rpi_temperature"], where: isProcessor })} ${resample}`;
  return `${temperatures} |> group(columns: ["node_name"]) |> sort(columns: ["_time"])`;
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
  // The number of cores stands before all loads, and counts for each of them.
  return `union(tables: [
    ${source({ of: ["node_load5"] })} ${resample} |> keep(columns: ["_time", "_field", "_value", "node_name"]),
    ${cores} |> last() |> group(columns: ["node_name"]) |> distinct(column: "cpu") |> count()
      |> map(fn: (r) => ({_time: time(v: 0), _field: "cores", _value: float(v: r._value), node_name: r.node_name})),
  ]) |> group(columns: ["node_name"]) |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> sort(columns: ["_time"]) |> fill(column: "cores", usePrevious: true)
  |> filter(fn: (r) => exists r.node_load5)
  |> map(fn: (r) => ({_time: r._time, node_name: r.node_name, _value: r.node_load5 / r.cores}))`;
}

/**
 * A condition on a network interface: loopback, and the virtual ones of Docker, Kubernetes, libvirt and VPNs, are left out.
 * What passes these from or to another machine also passes one of the others.
 */
export const isPhysicalInterface =
  "r.device !~ /^(lo$|veth|br-|docker|cni|flannel|cali|kube-|virbr|vnet|tun|tap|wg|tailscale)/";

/** How full the fullest file system of each node is now, in percent. */
export const diskUse = `${recent({ of: ["node_filesystem_avail_bytes", "node_filesystem_size_bytes"] })} ${latest("node_name", "mountpoint")}
  ${calculate("100.0 * (1.0 - r.node_filesystem_avail_bytes / r.node_filesystem_size_bytes)")} |> max()`;

/** 1 for each node that its firmware holds back now, else 0. */
export const throttled = `${recent({ of: ["rpi_throttled"], where: 'r.since == "now"' })} ${newest("node_name", "condition")} |> group(columns: ["node_name"]) |> max()`;

/** 1 for each node whose root file system is read-only, else 0. Not every node_exporter reports it, see raspberrypi_metrics.sh. */
export function rootReadOnly(source: Source): string {
  return `${source({ of: ["rpi_root_readonly"] })} ${newest("node_name")}`;
}

/** The labels by which disks are distinguished: another disk in the place of one is another series. */
export const diskLabels = ["node_name", "disk", "model"] as const;

/** The voltage at the input of each Raspberry Pi 5. */
export function inputVolts(source: Source): string {
  return `${source({ of: ["rpi_rail_volts"], where: 'r.rail == "EXT5V"' })} |> group(columns: ["node_name"])`;
}

/** The least that USB devices may get, by the USB 2.0 specification; a Raspberry Pi 5 warns a little below. */
export const leastInputVolts = 4.75;

/** The voltage of the clock's battery of each Raspberry Pi 5 that has one. */
export function batteryVolts(source: Source): string {
  return `${source({ of: ["rpi_rail_volts"], where: 'r.rail == "BATT"' })} |> group(columns: ["node_name"])`;
}

/** A lithium cell of 3 V is all but empty then. */
export const leastBatteryVolts = 2.5;

/** Turns per minute of the fan at the header of each Raspberry Pi 5. */
export function fanSpeed(source: Source): string {
  return `${source({ of: ["node_hwmon_fan_rpm"], where: 'r.chip == "platform_cooling_fan"' })} |> group(columns: ["node_name"])`;
}
