import { combined, mean, newest, rate, recent, samples, topNodes } from "../flux/query";
import { rootReadOnly, temperature } from "../flux/nodeMetrics";
import type { Settings } from "../settings/settings";
import { dashboard, lines, nodeTable, type MonitoringDashboard } from "./panel";
import { above, alertThresholds } from "./thresholds";

/** What only a Raspberry Pi suffers from. */
export function piHealthDashboard(settings: Settings): MonitoringDashboard {
  const bad = above({ red: 1 });
  const noticed = above({ orange: 1 });
  const clockOff = above({ red: settings.alerts.clockSeconds });
  const named = (name: string): string =>
    `|> keep(columns: ["node_name", "_value"]) |> set(key: "column", value: "${name}")`;
  return dashboard(
    "pi-health",
    "Pi health",
    [
      nodeTable({
        title: "Throttling by the firmware",
        description:
          "What `vcgencmd get_throttled` reports now and, in the columns with (boot), since the node was started. Too low a " +
          "voltage means a weak power supply or cable. The other three (the clock is capped, throttled, at its soft " +
          "temperature limit) mean heat.",
        // Short, so that eight of them can be read.
        columns: Object.entries({
          under_voltage: "low voltage",
          frequency_capped: "capped",
          throttled: "throttled",
          soft_temperature_limit: "soft limit",
        }).flatMap(([condition, title]) =>
          (["now", "boot"] as const).map((since) => ({
            name: `${condition}_${since}`,
            // Grafana's table mixes up columns that have one title.
            title: since === "now" ? title : `${title} (boot)`,
            isYesOrNo: true,
            limits: since === "now" ? bad : noticed,
            ...(since === "now" ? { first: "highest" as const } : {}),
          })),
        ),
        query: `${recent({ of: ["rpi_throttled"] })} ${newest("node_name", "condition", "since")} |> group()
  |> map(fn: (r) => ({node_name: r.node_name, column: r.condition + "_" + r.since, _value: r._value}))
  |> pivot(rowKey: ["node_name"], columnKey: ["column"], valueColumn: "_value") |> sort(columns: ["node_name"])`,
      }),
      nodeTable({
        title: "Card, clock and software",
        description:
          "A root file system that has become read-only means that the SD card fails. The clock is compared with the " +
          "master's. Pending updates are counted every 15 minutes; some releases of Debian leave the field empty if there are none.",
        columns: [
          { name: "readonly", title: "/ is read-only", isYesOrNo: true, limits: bad, first: "highest" },
          { name: "clock", title: "clock is off by", unit: "s", decimals: 2, limits: clockOff },
          { name: "synchronized", title: "clock is synchronized", isYesOrNo: true },
          { name: "reboot", title: "reboot required", isYesOrNo: true, limits: noticed, first: "highest" },
          { name: "updates", title: "updates pending", decimals: 0 },
        ],
        query: `union(tables: [
  ${rootReadOnly(recent)} ${named("readonly")},
  ${recent({ of: ["node_time_seconds"] })} ${newest("node_name")} |> map(fn: (r) => ({r with _value: math.abs(x: float(v: int(v: r._time)) / 1000000000.0 - r._value)})) ${named("clock")},
  ${recent({ of: ["node_timex_sync_status"] })} ${newest("node_name")} ${named("synchronized")},
  ${recent({ of: ["node_reboot_required"] })} ${newest("node_name")} ${named("reboot")},
  ${recent({ of: ["apt_upgrades_pending"] })} ${newest("node_name", "origin", "arch")} |> group(columns: ["node_name"]) |> sum() ${named("updates")},
]) |> group() |> pivot(rowKey: ["node_name"], columnKey: ["column"], valueColumn: "_value") |> sort(columns: ["node_name"])`,
      }),
      lines({
        title: "Temperature against its limits",
        description:
          "The ten hottest nodes. Above red an alert fires. At 80 °C every Pi slows down, at 85 °C it slows down a lot.",
        unit: "celsius",
        hidesZero: true,
        limits: alertThresholds(settings).temperature,
        by: ["node_name"],
        query: topNodes(temperature(samples, mean)),
      }),
      lines({
        title: "Clock against its maximum",
        description:
          "The processor's clock, in percent of the configured one: the ten highest. An idle Pi saves power at a lower clock; a busy one below 100 % is throttled.",
        unit: "percent",
        max: 120,
        by: ["node_name"],
        query:
          topNodes(`${samples({ of: ["rpi_frequency", "rpi_frequency_max"], where: 'r.component == "arm"' })} ${mean}
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> map(fn: (r) => ({_time: r._time, node_name: r.node_name, _value: 100.0 * r.rpi_frequency / r.rpi_frequency_max})) |> group(columns: ["node_name"])`),
      }),
      lines({
        title: "Core voltage",
        description:
          "The voltage of the processor's core, as the firmware sets it: the ten highest. It falls with the clock.",
        unit: "volt",
        hidesZero: true,
        decimals: 2,
        by: ["node_name"],
        query: topNodes(`${samples({ of: ["rpi_voltage"], where: 'r.component == "core"' })} ${mean}`),
      }),
      lines({
        title: "Memory voltages",
        description:
          "The voltages of the memory's core, its input and output and its circuits, on average of all nodes.",
        unit: "volt",
        hidesZero: true,
        decimals: 2,
        by: ["component"],
        query: `${samples({ of: ["rpi_voltage"], where: "r.component =~ /^sdram/" })} ${mean} ${combined("mean", "component")}`,
      }),
      lines({
        title: "Throttled nodes, by condition",
        description: "The number of nodes that the firmware throttles now, and why.",
        decimals: 0,
        atLeastTo: 1,
        limits: bad,
        by: ["condition"],
        query: `${samples({ of: ["rpi_throttled"], where: 'r.since == "now"' })} |> aggregateWindow(every: v.windowPeriod, fn: max, createEmpty: false) ${combined("sum", "condition")}`,
      }),
      lines({
        title: "Written to SD cards and disks",
        description:
          "The ten nodes that write most. A card of 32 GB that takes 1 MB/s is written over three times a day.",
        unit: "Bps",
        by: ["node_name"],
        query: topNodes(
          `${samples({ of: ["node_disk_written_bytes_total"], where: "r.device !~ /^(loop|ram|zram|dm-|md)/" })} ${rate} ${combined("sum", "node_name")}`,
        ),
      }),
    ],
    settings,
  );
}
