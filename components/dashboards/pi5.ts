import { combined, mean, newest, recent, samples, topNodes } from "../flux/query";
import { batteryVolts, fanSpeed, inputVolts, leastBatteryVolts, leastInputVolts } from "../flux/nodeMetrics";
import type { Settings } from "../settings/settings";
import { dashboard, lines, nodeTable, type MonitoringDashboard } from "./panel";
import { above, below, floors } from "./thresholds";

/** What only a Raspberry Pi 5 measures; see raspberrypi_power.sh. */
export function pi5Dashboard(settings: Settings): MonitoringDashboard {
  const input = { orange: leastInputVolts + 0.1, red: leastInputVolts };
  const battery = { red: leastBatteryVolts };
  const nvmeLimits = above({ orange: 70, red: 80 });
  const named = (name: string): string =>
    `|> group(columns: ["node_name"]) |> keep(columns: ["node_name", "_value"]) |> set(key: "column", value: "${name}")`;
  return dashboard(
    "pi5",
    "Raspberry Pi 5",
    [
      nodeTable({
        title: "Power, fan and clock",
        description:
          "The last values of each Raspberry Pi 5. The power is that of all rails together, without USB devices and fans. A " +
          "node without a fan, an NVMe disk or a battery has empty fields.",
        columns: [
          { name: "power", title: "power", unit: "watt", decimals: 1, first: "highest" },
          { name: "input", title: "input", unit: "volt", decimals: 2, limits: below(input) },
          { name: "fan", title: "fan", unit: "rotrpm", decimals: 0 },
          { name: "nvme", title: "NVMe disk", unit: "celsius", decimals: 0, limits: nvmeLimits },
          {
            name: "battery",
            title: "battery of the clock",
            unit: "volt",
            decimals: 2,
            limits: below(battery),
          },
          { name: "charging", title: "charged to", unit: "volt", decimals: 2 },
        ],
        query: `union(tables: [
  ${recent({ of: ["rpi_rail_watts"] })} ${newest("node_name", "rail")} |> group(columns: ["node_name"]) |> sum() ${named("power")},
  ${inputVolts(recent)} |> last() ${named("input")},
  ${fanSpeed(recent)} |> last() |> group(columns: ["node_name"]) |> max() ${named("fan")},
  ${recent(nvmeTemperature)} ${newest("node_name", "chip", "sensor")} |> group(columns: ["node_name"]) |> max() ${named("nvme")},
  ${batteryVolts(recent)} |> last() ${named("battery")},
  ${recent({ of: ["rpi_rtc_charging_volts"] })} ${newest("node_name")} ${named("charging")},
]) |> group() |> pivot(rowKey: ["node_name"], columnKey: ["column"], valueColumn: "_value") |> sort(columns: ["node_name"])`,
      }),
      lines({
        title: "Power",
        description:
          "The power of all rails together, of the ten nodes that take most. What USB devices and fans take is not measured.",
        unit: "watt",
        by: ["node_name"],
        query: topNodes(`${samples({ of: ["rpi_rail_watts"] })} ${mean} ${combined("sum", "node_name")}`),
      }),
      lines({
        title: "Power by rail",
        description:
          "On average of all nodes. `VDD_CORE` is the processor, `DDR` the memory, `3V3` also HATs.",
        unit: "watt",
        by: ["rail"],
        query: `${samples({ of: ["rpi_rail_watts"] })} ${mean} ${combined("mean", "rail")}`,
      }),
      lines({
        title: "Input voltage",
        description:
          "What arrives at the board. Below 4.75 V an alert fires: the supply or its cable is too weak.",
        unit: "volt",
        decimals: 2,
        hidesZero: true,
        limits: floors(input),
        by: ["node_name"],
        query: topNodes(`${inputVolts(samples)} ${mean}`),
      }),
      lines({
        title: "Current by rail",
        description: "On average of all nodes.",
        unit: "amp",
        by: ["rail"],
        query: `${samples({ of: ["rpi_rail_amperes"] })} ${mean} ${combined("mean", "rail")}`,
      }),
      lines({
        title: "Voltage by rail",
        description: "The lowest of all nodes. The firmware lowers `VDD_CORE` with the clock.",
        unit: "volt",
        by: ["rail"],
        query: `${samples({ of: ["rpi_rail_volts"], where: 'r.rail != "EXT5V" and r.rail != "BATT"' })} ${mean} ${combined("min", "rail")}`,
      }),
      lines({
        title: "Fan",
        description: "Its speed. It stands still below 50 °C; an alert fires if it does so on a hot node.",
        unit: "rotrpm",
        decimals: 0,
        by: ["node_name"],
        query: topNodes(`${fanSpeed(samples)} ${mean}`),
      }),
      lines({
        title: "Temperature of NVMe disks",
        description:
          "The hottest sensor of each disk, by its driver. Most disks slow down at about 80 °C. Their wear is in Disks.",
        unit: "celsius",
        hidesZero: true,
        limits: nvmeLimits,
        by: ["node_name", "chip"],
        query: topNodes(`${samples(nvmeTemperature)} ${mean} ${combined("max", "node_name", "chip")}`),
      }),
      lines({
        title: "Battery of the clock",
        description:
          "Its voltage, where there is one. Below 2.5 V an alert fires: it keeps the time no longer through a power cut.",
        unit: "volt",
        decimals: 2,
        hidesZero: true,
        limits: floors(battery),
        by: ["node_name"],
        query: topNodes(`${batteryVolts(samples)} ${mean}`),
      }),
    ],
    settings,
  );
}

/** node_exporter names a chip after its driver and device. */
const nvmeTemperature = { of: ["node_hwmon_temp_celsius"], where: "r.chip =~ /^nvme_/" };
