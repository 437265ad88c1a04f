import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nvmeReport, powerAnswer, sataReport } from "../../../../../scripts/rehearsal/machines/sensors";
import { projectRoot } from "../../../../support/projectRoot";
import { temporaryFolder } from "../../../../support/temporaryFolder";

const root = temporaryFolder();

/** Places a stand-in of the rehearsal, and the files in which it finds its answers. */
function place(file: string, name: string, answers: Readonly<Record<string, string>>): void {
  const content = readFileSync(join(projectRoot, "scripts/rehearsal", file), "utf8");
  writeFileSync(join(root, name), content.replaceAll("/etc/rehearsal", join(root, "answers")), {
    mode: 0o755,
  });
  mkdirSync(join(root, "answers", name), { recursive: true });
  for (const [answer, text] of Object.entries(answers)) {
    writeFileSync(join(root, "answers", name, answer), text);
  }
}

/** The metrics that a script of nodes makes with the stand-ins. */
function metricsOf(script: string): string[] {
  const file = join(root, "textfiles", script);
  const env = { PATH: `${root}:${process.env["PATH"] ?? ""}` };
  const path = join(projectRoot, "components/node/files", script);
  const { status, stderr } = spawnSync("sh", [path, file], { env, encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
}

test("the stand-in of smartctl has all that the dashboard of the disks shows", () => {
  place("machines/smartctl", "smartctl", {
    sda: sataReport({ reallocated: 8 }),
    nvme0: nvmeReport({ isHealthy: false, wear: 95, spare: 9 }),
  });
  const [sata, nvme] = ['{disk="sda",model="Simulated SSD"}', '{disk="nvme0",model="Simulated NVMe disk"}'];
  expect(metricsOf("disk_metrics.sh").sort()).toEqual(
    [
      `rpi_disk_healthy${sata} 1`,
      `rpi_disk_pending_sectors${sata} 0`,
      `rpi_disk_power_on_hours${sata} 14393`,
      `rpi_disk_reallocated_sectors${sata} 8`,
      `rpi_disk_temperature_celsius${sata} 33`,
      `rpi_disk_wear_percent${sata} 12`,
      `rpi_disk_healthy${nvme} 0`,
      `rpi_disk_media_errors${nvme} 0`,
      `rpi_disk_power_on_hours${nvme} 17196`,
      `rpi_disk_spare_percent${nvme} 9`,
      `rpi_disk_spare_threshold_percent${nvme} 10`,
      `rpi_disk_temperature_celsius${nvme} 45`,
      `rpi_disk_wear_percent${nvme} 95`,
    ].sort(),
  );
});

test("the stand-in of vcgencmd measures rails, the input and a battery", () => {
  place("images/pi/vcgencmd", "vcgencmd", { pmic_read_adc: powerAnswer({ input: 4.6, battery: 2.1 }) });
  const metrics = metricsOf("raspberrypi_power.sh");
  expect(metrics).toEqual(
    expect.arrayContaining(['rpi_rail_volts{rail="EXT5V"} 4.600000', 'rpi_rail_volts{rail="BATT"} 2.100000']),
  );
  expect(metrics.filter((line) => line.startsWith("rpi_rail_watts"))).toHaveLength(3);
});
