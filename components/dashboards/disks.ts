import { diskLabels } from "../flux/nodeMetrics";
import { callMetrics, combined, mean, newest, rate, recent, samples, topNodes } from "../flux/query";
import type { Settings } from "../settings/settings";
import { dashboard, lines, nodeTable, type MonitoringDashboard } from "./panel";
import { above, alertThresholds, below } from "./thresholds";

/** What disks report about themselves by SMART; see disk_metrics.sh. */
export function disksDashboard(settings: Settings): MonitoringDashboard {
  const thresholds = alertThresholds(settings);
  const bad = above({ orange: 1 });
  return dashboard(
    "disks",
    "Disks",
    [
      nodeTable({
        title: "Disks",
        rows: 6,
        description:
          "What each disk reports about itself, read every 5 minutes. A disk that sleeps is not woken, and keeps its last " +
          "values, except for the temperature. A field is empty if the disk does not report it; SD cards report nothing.",
        columns: [
          { name: "disk", title: "disk", minWidth: 80 },
          {
            name: "rpi_disk_healthy",
            title: "healthy",
            minWidth: narrow,
            isYesOrNo: true,
            limits: below({ red: 1 }),
            first: "lowest",
          },
          {
            name: "rpi_disk_wear_percent",
            title: "wear",
            minWidth: narrow,
            unit: "percent",
            decimals: 0,
            limits: thresholds.diskWear,
            first: "highest",
          },
          {
            name: "rpi_disk_spare_percent",
            title: "spare blocks",
            unit: "percent",
            decimals: 0,
            minWidth: narrow,
          },
          {
            name: "rpi_disk_temperature_celsius",
            title: "temperature",
            minWidth: narrow,
            unit: "celsius",
            decimals: 0,
            limits: thresholds.diskTemperature,
          },
          {
            name: "rpi_disk_reallocated_sectors",
            title: "reallocated",
            decimals: 0,
            limits: bad,
            minWidth: narrow,
          },
          {
            name: "rpi_disk_pending_sectors",
            title: "unreadable",
            decimals: 0,
            limits: bad,
            minWidth: narrow,
          },
          {
            name: "rpi_disk_media_errors",
            title: "media errors",
            decimals: 0,
            limits: bad,
            minWidth: narrow,
          },
          {
            name: "rpi_disk_power_on_hours",
            title: "powered on",
            unit: "h",
            decimals: 1,
            minWidth: narrow,
          },
          { name: "model", title: "model", minWidth: 200 },
        ],
        query: `${recent({ of: tableMetrics })} ${newest("_field", ...diskLabels)} |> group()
  |> pivot(rowKey: ["node_name", "disk", "model"], columnKey: ["_field"], valueColumn: "_value")
  |> keep(columns: ["node_name", "disk", "model", ${tableMetrics.map((metric) => `"${metric}"`).join(", ")}]) |> sort(columns: ["node_name", "disk"])`,
      }),
      lines({
        title: "Temperature of disks",
        description: "Those of the ten nodes with the hottest disks. Above red an alert fires.",
        unit: "celsius",
        hidesZero: true,
        limits: thresholds.diskTemperature,
        by: ["node_name", "disk"],
        query: topNodes(
          `${samples({ of: ["rpi_disk_temperature_celsius"] })} ${mean} ${combined("max", "node_name", "disk")}`,
        ),
      }),
      lines({
        title: "Wear of SSDs",
        description:
          "How much of its rated writes a disk has used, of the ten nodes with the most worn disks. Above red an alert fires.",
        unit: "percent",
        limits: thresholds.diskWear,
        by: ["node_name", "disk"],
        query: topNodes(
          `${samples({ of: ["rpi_disk_wear_percent"] })} ${mean} ${combined("max", "node_name", "disk")}`,
        ),
      }),
      lines({
        title: "Bad sectors and media errors",
        description:
          "Sectors that the disk has replaced or cannot read, and errors of an NVMe disk's memory. What counts is whether they " +
          "grow: then an alert fires.",
        decimals: 0,
        atLeastTo: 1,
        by: ["node_name", "disk", "metric"],
        query: topNodes(
          `${samples({ of: ["rpi_disk_reallocated_sectors", "rpi_disk_pending_sectors", "rpi_disk_media_errors"] })} ${mean} ${callMetrics(
            {
              rpi_disk_reallocated_sectors: "reallocated",
              rpi_disk_pending_sectors: "unreadable",
              rpi_disk_media_errors: "media errors",
            },
          )} ${combined("max", "node_name", "disk", "metric")}`,
        ),
      }),
      lines({
        title: "How busy disks are",
        description:
          "The part of the time in which a SATA, USB or NVMe disk reads or writes, of the ten nodes with the busiest disks.",
        unit: "percent",
        by: ["node_name", "device"],
        query: topNodes(
          `${samples({ of: ["node_disk_io_time_seconds_total"], where: isDisk })} ${rate} ${combined("max", "node_name", "device")} |> map(fn: (r) => ({r with _value: 100.0 * r._value}))`,
        ),
      }),
      lines({
        title: "Written to disks",
        description:
          "Bytes written to SATA, USB and NVMe disks, of the ten nodes that write most. It is what wears an SSD.",
        unit: "Bps",
        by: ["node_name", "device"],
        query: topNodes(
          `${samples({ of: ["node_disk_written_bytes_total"], where: isDisk })} ${rate} ${combined("max", "node_name", "device")}`,
        ),
      }),
    ],
    settings,
  );
}

/** In pixels, so that a wide screen shows all columns. */
const narrow = 105;

/** No SD card, which has no SMART. */
const isDisk = "r.device =~ /^(sd|nvme)/";

const tableMetrics = [
  "rpi_disk_healthy",
  "rpi_disk_wear_percent",
  "rpi_disk_spare_percent",
  "rpi_disk_temperature_celsius",
  "rpi_disk_reallocated_sectors",
  "rpi_disk_pending_sectors",
  "rpi_disk_media_errors",
  "rpi_disk_power_on_hours",
];
