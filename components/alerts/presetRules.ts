import {
  batteryVolts,
  diskLabels,
  fanSpeed,
  inputVolts,
  leastBatteryVolts,
  leastInputVolts,
  temperature,
} from "../flux/nodeMetrics";
import { callMetrics, listOf, newest, samples } from "../flux/query";
import type { Settings } from "../settings/settings";
import { internetRules } from "./internetRules";
import { hour, minute, node, type Rule, value } from "./rules";

/** The rules of the presets that are on. */
export function presetRules(settings: Settings): Rule[] {
  const { presets } = settings;
  return [
    ...(presets.internet === undefined ? [] : internetRules(settings)),
    ...(presets.disks ? diskRules(settings) : []),
    ...(presets.pi5 ? pi5Rules(settings) : []),
  ];
}

const disk = "{{ .Labels.disk }} ({{ .Labels.model }})";
/** Disks are read every 5 minutes, and node_exporter reports what was read at each scrape. */
const lately = 10 * minute;

function diskRules({ alerts }: Settings): Rule[] {
  return [
    {
      uid: "disk-failing",
      title: "Disk fails",
      topic: "storage",
      summary: `${disk} of ${node} reports that it fails`,
      description:
        "Its own self-assessment (SMART) has failed, so it may be gone within hours. Save what is on it now, and replace it. On the node, `sudo smartctl -x /dev/NAME` shows why, with its name as NAME.",
      query: `${samples({ of: ["rpi_disk_healthy"] })} ${newest(...diskLabels)}`,
      by: diskLabels,
      lookBack: lately,
      fires: { below: 1 },
    },
    {
      uid: "disk-sectors",
      title: "Disk loses sectors",
      topic: "storage",
      summary: `${disk} of ${node} has ${value("%.0f")} new {{ .Labels.metric }}`,
      description:
        "They are those of the last 24 hours. Save what is on the disk. If their number grows again, replace it: most disks with new bad sectors fail within months.",
      query: `${samples({ of: Object.keys(badSectors) })} |> difference(nonNegative: true) |> group(columns: ${listOf([...diskLabels, "_field"])}) |> sum() ${callMetrics(badSectors)}
  |> group(columns: ${listOf([...diskLabels, "metric"])})`,
      by: [...diskLabels, "metric"],
      lookBack: 24 * hour,
      fires: { above: 0 },
    },
    {
      uid: "disk-worn",
      title: "Disk is worn",
      topic: "storage",
      summary: `${disk} of ${node} has used ${value("%.0f")} % of its rated writes`,
      description:
        "It may become read-only or lose data when they are used up. Plan its replacement. The dashboard Disks shows how fast it wears, and how much is written to it.",
      query: `${samples({ of: ["rpi_disk_wear_percent"] })} ${newest(...diskLabels)}`,
      by: diskLabels,
      lookBack: lately,
      fires: { above: alerts.diskWearPercent },
    },
    {
      uid: "disk-spare",
      title: "Disk has no spare blocks",
      topic: "storage",
      summary: `${disk} of ${node} has ${value("%.0f")} % more spare blocks than the least that it may have`,
      description:
        "An NVMe disk replaces bad blocks by spare ones, and these are used up. Save what is on it, and replace it.",
      query: `${samples({ of: ["rpi_disk_spare_percent", "rpi_disk_spare_threshold_percent"] })} ${newest("_field", ...diskLabels)} |> group(columns: ${listOf(diskLabels)})
  |> reduce(identity: {_value: 0.0}, fn: (r, accumulator) => ({_value: accumulator._value + (if r._field == "rpi_disk_spare_percent" then r._value else -r._value)}))`,
      by: diskLabels,
      lookBack: lately,
      fires: { below: 1 },
    },
    {
      uid: "disk-hot",
      title: "Disk is hot",
      topic: "health",
      summary: `${disk} of ${node} is ${value("%.0f")} °C hot`,
      description:
        "A hard disk ages fast above 60 °C, and an NVMe disk slows down at about 80 °C. Give it a heat sink or moving air.",
      query: `${samples({ of: ["rpi_disk_temperature_celsius"] })} ${newest(...diskLabels)}`,
      by: diskLabels,
      lookBack: lately,
      fires: { above: alerts.diskTemperatureCelsius },
      forSeconds: 10 * minute,
    },
  ];
}

/** What people call the counters of bad places on a disk. */
const badSectors = {
  rpi_disk_reallocated_sectors: "reallocated sectors",
  rpi_disk_pending_sectors: "unreadable sectors",
  rpi_disk_media_errors: "media errors",
};

function pi5Rules({ alerts }: Settings): Rule[] {
  return [
    {
      uid: "input-voltage-low",
      title: "Input voltage is low",
      topic: "health",
      summary: `${node} gets ${value("%.2f")} V instead of 5 V`,
      description:
        "Below 4.75 V a Raspberry Pi 5 is close to throttling, and USB devices and disks may fail. Use its 27 W supply, a short thick cable, and a hub with its own power for disks.",
      query: `${inputVolts(samples)} |> mean()`,
      lookBack: lately,
      fires: { below: leastInputVolts },
      forSeconds: 5 * minute,
    },
    {
      uid: "fan-stopped",
      title: "Fan has stopped",
      topic: "health",
      summary: `The fan of ${node} stands still at ${value("%.0f")} °C`,
      description:
        "It should turn from 50 °C on. Look whether a cable or dust blocks it, and whether its plug is in the fan header; `grep -i fan /boot/firmware/config.txt` on the node shows other limits.",
      query: `union(tables: [
  ${temperature(samples)} |> last() |> keep(columns: ["node_name", "_value"]) |> set(key: "part", value: "temperature"),
  ${fanSpeed(samples)} |> max() |> keep(columns: ["node_name", "_value"]) |> set(key: "part", value: "fan"),
]) |> group(columns: ["node_name"])
  |> reduce(
    identity: {fan: -1.0, temperature: 0.0},
    fn: (r, accumulator) => ({
      fan: if r.part == "fan" then r._value else accumulator.fan,
      temperature: if r.part == "temperature" then r._value else accumulator.temperature,
    }),
  )
  |> map(fn: (r) => ({node_name: r.node_name, _value: if r.fan == 0.0 then r.temperature else 0.0})) |> group(columns: ["node_name"])`,
      lookBack: lately,
      // Where the dashboards turn orange: above 50 °C, at which the firmware starts the fan.
      fires: { above: alerts.temperatureCelsius - 10 },
      forSeconds: 5 * minute,
    },
    {
      uid: "clock-battery-low",
      title: "Battery of the clock is low",
      topic: "health",
      summary: `The battery of the clock of ${node} has ${value("%.2f")} V`,
      description:
        "Without it the node has a wrong time after a power cut, until it reaches a time server. A rechargeable cell is charged with `dtparam=rtc_bbat_vchg=3000000` in /boot/firmware/config.txt; replace any other, and never charge it.",
      query: `${batteryVolts(samples)} |> mean()`,
      lookBack: lately,
      fires: { below: leastBatteryVolts },
      forSeconds: 30 * minute,
    },
  ];
}
