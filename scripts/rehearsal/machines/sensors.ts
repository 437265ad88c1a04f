import { readFileSync } from "node:fs";
import { join } from "node:path";
import { exec } from "./machine";

/** Sets what the processor's sensor of a Pi reports; images/pi/thermal.conf has its value at the start. */
export async function setTemperature(pi: string, celsius: number): Promise<void> {
  await exec(pi, ["tee", "/sys/class/thermal/thermal_zone0/temp"], `${Math.round(celsius * 1000)}\n`);
}

/** Sets what the firmware of a Pi answers to `vcgencmd get_throttled`. */
export async function setThrottled(pi: string, bits: number): Promise<void> {
  await install(pi, "/etc/rehearsal/vcgencmd/get_throttled", `0x${bits.toString(16)}\n`);
}

/** Makes a Pi answer `vcgencmd pmic_read_adc` as a Raspberry Pi 5 does, or no longer. */
export async function setPower(pi: string, power: Power | undefined): Promise<void> {
  const file = "/etc/rehearsal/vcgencmd/pmic_read_adc";
  await (power === undefined ? exec(pi, ["rm", "-f", file]) : install(pi, file, powerAnswer(power)));
}

export interface Power {
  /** Volts at the input; 5.1 unless set. */
  readonly input?: number;
  /** Volts of the clock's battery; 0 without one. */
  readonly battery?: number;
}

/** What a Raspberry Pi 5 answers to `vcgencmd pmic_read_adc`, with some of its rails. */
export function powerAnswer({ input = 5.1, battery = 0 }: Power): string {
  const values = [
    ["3V3_SYS_A current(1)", 0.108],
    ["DDR_VDD2_A current(3)", 0.006],
    ["VDD_CORE_A current(7)", 1.429],
    ["3V3_SYS_V volt(9)", 3.309],
    ["DDR_VDD2_V volt(11)", 1.104],
    ["VDD_CORE_V volt(15)", 0.907],
    ["EXT5V_V volt(24)", input],
    ["BATT_V volt(25)", battery],
  ] as const;
  return values
    .map(([channel, value]) => `${channel}=${value.toFixed(8)}${channel.includes("volt") ? "V" : "A"}\n`)
    .join("");
}

/**
 * Sets what the kernel of a Raspberry Pi 5 reports of its fan, in turns per minute, of an NVMe disk, in °C, and of the
 * voltage to which the clock's battery is charged; or no longer. A container has no such devices, so a textfile has the
 * metrics.
 */
export async function setMonitors(
  pi: string,
  monitors: { readonly fan: number; readonly nvme: number; readonly charging: number } | undefined,
): Promise<void> {
  const file = "/run/pi-monitoring/textfiles/monitors.prom";
  if (monitors === undefined) {
    await exec(pi, ["rm", "-f", file]);
    return;
  }
  const metric = (name: string, meaning: string, labels: string, value: number): string =>
    `# HELP ${name} ${meaning}\n# TYPE ${name} gauge\n${name}${labels} ${value}\n`;
  const { fan, nvme, charging } = monitors;
  const content = [
    // In node_exporter's words, as it may have the metrics of other devices.
    metric(
      "node_hwmon_fan_rpm",
      "Hardware monitor for fan revolutions per minute (input)",
      '{chip="platform_cooling_fan",sensor="fan1"}',
      fan,
    ),
    metric(
      "node_hwmon_temp_celsius",
      "Hardware monitor for temperature (input)",
      '{chip="nvme_nvme0",sensor="temp1"}',
      nvme,
    ),
    metric("rpi_rtc_charging_volts", "Simulated.", "", charging),
  ];
  await exec(pi, ["tee", file], content.join(""));
}

/**
 * Gives a Pi disks, by their names below /dev and what smartctl reports of each; without any, smartctl is the one that
 * is installed. The program reads them every 5 minutes, and when pi-monitoring-disks.service starts.
 */
export async function setDisks(pi: string, reports: Readonly<Record<string, string>>): Promise<void> {
  await exec(pi, ["rm", "-rf", smartctl, diskReports]);
  for (const [name, report] of Object.entries(reports)) {
    await setDisk(pi, name, report);
  }
  if (Object.keys(reports).length > 0) {
    await install(pi, smartctl, readFileSync(join(__dirname, "smartctl"), "utf8"));
  }
}

/** Changes what smartctl reports of one disk of a Pi. */
export async function setDisk(pi: string, name: string, report: string): Promise<void> {
  await install(pi, `${diskReports}/${name}`, report);
}

const smartctl = "/usr/local/sbin/smartctl";
const diskReports = "/etc/rehearsal/smartctl";

/**
 * Makes node_exporter of a Pi report that devices are written to, or no longer: by a textfile, as a container has no such
 * devices.
 */
export async function setDiskActivity(pi: string, devices: readonly string[]): Promise<void> {
  const file = "/run/pi-monitoring/textfiles/disk-activity.prom";
  const unit = "rehearsal-disk-activity";
  await exec(pi, ["sh", "-c", `systemctl stop ${unit} 2>/dev/null; rm -f ${file} ${file}.new`]);
  if (devices.length === 0) {
    return;
  }
  // In node_exporter's words, as it has the metrics of other devices.
  const families = [
    ["node_disk_io_time_seconds_total", "Total seconds spent doing I/Os.", "$((seconds / 5))"],
    [
      "node_disk_written_bytes_total",
      "The total number of bytes written successfully.",
      "$((seconds * 300000))",
    ],
  ] as const;
  const lines = families.flatMap(([name, help, value]) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} counter`,
    ...devices.map((device) => `${name}{device=\\"${device}\\"} ${value}`),
  ]);
  const script = `seconds=0
while sleep 5; do
  seconds=$((seconds + 5))
  { ${lines.map((line) => `echo "${line}"`).join("; ")}; } >${file}.new
  mv ${file}.new ${file}
done`;
  await exec(pi, ["systemd-run", "--quiet", `--unit=${unit}`, "sh", "-c", script]);
}

/** What smartctl reports of a SATA SSD. */
export function sataReport({ isHealthy = true, celsius = 33, reallocated = 0 }): string {
  const row = (id: number, name: string, value: number, raw: number): string =>
    `${id} ${name} 0x0032 ${value} 100 000 Old_age Always - ${raw}\n`;
  return `Device Model:     Simulated SSD
${selfAssessment(isHealthy)}
${row(5, "Reallocated_Sector_Ct", 100, reallocated)}${row(9, "Power_On_Hours", 100, 14393)}${row(194, "Temperature_Celsius", 67, celsius)}${row(197, "Current_Pending_Sector", 100, 0)}${row(202, "Percent_Lifetime_Remain", 88, 12)}`;
}

/** What smartctl reports of an NVMe disk. */
export function nvmeReport({ isHealthy = true, celsius = 45, wear = 16, spare = 100 }): string {
  return `Model Number:                       Simulated NVMe disk
${selfAssessment(isHealthy)}
Temperature:                        ${celsius} Celsius
Available Spare:                    ${spare}%
Available Spare Threshold:          10%
Percentage Used:                    ${wear}%
Power On Hours:                     17,196
Media and Data Integrity Errors:    0
`;
}

function selfAssessment(isHealthy: boolean): string {
  return `SMART overall-health self-assessment test result: ${isHealthy ? "PASSED" : "FAILED!"}`;
}

async function install(pi: string, file: string, content: string): Promise<void> {
  await exec(pi, ["install", "-D", "/dev/stdin", file], content);
}
