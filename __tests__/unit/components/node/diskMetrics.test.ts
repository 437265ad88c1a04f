import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../../../support/temporaryFolder";
import { projectRoot } from "../../../support/projectRoot";

const script = join(projectRoot, "components/node/files/disk_metrics.sh");
const root = temporaryFolder();
const bin = join(root, "bin");
const textfiles = join(root, "textfiles");
const file = join(textfiles, "disks.prom");
const calls = join(root, "calls");

interface Disk {
  /** How smartctl reaches it. */
  readonly type: string;
  /** A file in smartctlOutput. */
  readonly report: string;
  /** What smartctl exits with; its bits 0 and 1 mean that there is no report. */
  readonly status?: number;
  /** What it does before it answers. */
  readonly first?: string;
}

beforeEach(() => {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(bin, { recursive: true });
});

/** Runs the script where smartctl finds these disks; returns the metrics that are written, without their descriptions. */
function metricsOf(disks: Readonly<Record<string, Disk>>, besides = ""): string[] {
  const scan = Object.entries(disks).map(
    ([name, { type }]) => `/dev/${name} -d ${type} # /dev/${name}, a disk`,
  );
  const cases = Object.entries(disks).map(
    ([name, { type, report, status = 0, first = "" }]) =>
      `  "-d ${type} /dev/${name}") ${first} cat '${join(__dirname, "smartctlOutput", report)}'; exit ${status} ;;`,
  );
  const smartctl = `#!/bin/sh
echo "$*" >>'${calls}'
if [ "$1" = --scan-open ]; then
  printf '%s\\n' '${[besides, ...scan].filter((line) => line !== "").join("' '")}'
  exit
fi
shift 5
case "$*" in
${cases.join("\n")}
esac
exit 2
`;
  writeFileSync(join(bin, "smartctl"), smartctl, { mode: 0o755 });
  const env = { PATH: `${bin}:${process.env["PATH"] ?? ""}` };
  const { status, stdout, stderr } = spawnSync("sh", [script, file], { env, encoding: "utf8" });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
  return existsSync(file)
    ? readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line !== "" && !line.startsWith("#"))
    : [];
}

const sata: Disk = { type: "sat", report: "sata.txt" };
const nvme: Disk = { type: "nvme", report: "nvme.txt" };

/** The metrics of a disk, by what comes behind `rpi_disk_`. */
function expected(disk: string, model: string, values: Readonly<Record<string, number>>): string[] {
  return Object.entries(values).map(
    ([name, value]) => `rpi_disk_${name}{disk="${disk}",model="${model}"} ${value}`,
  );
}

const sataMetrics = (disk: string): string[] =>
  expected(disk, "CT500MX500SSD1", {
    healthy: 1,
    pending_sectors: 1,
    power_on_hours: 14393,
    reallocated_sectors: 2,
    temperature_celsius: 33,
    wear_percent: 12,
  });

const nvmeMetrics = (disk: string): string[] =>
  expected(disk, "Samsung SSD 980 500GB", {
    healthy: 1,
    media_errors: 3,
    power_on_hours: 17196,
    spare_percent: 98,
    spare_threshold_percent: 10,
    temperature_celsius: 59,
    wear_percent: 16,
  });

test("an SSD at SATA, or behind a USB bridge, reports its wear, sectors, hours and temperature", () => {
  expect(metricsOf({ sda: sata })).toEqual(sataMetrics("sda"));
});

test("an NVMe disk reports its wear, spare blocks and media errors, also behind USB", () => {
  expect(metricsOf({ nvme0: nvme })).toEqual(nvmeMetrics("nvme0"));
  expect(metricsOf({ sda: { ...nvme, type: "sntrealtek" } })).toEqual(nvmeMetrics("sda"));
});

test("a hard disk that fails is reported though smartctl's status says so, too, and has no wear", () => {
  const disk = { type: "sat", report: "failingHardDisk.txt", status: 8 + 16 };
  expect(metricsOf({ sda: disk })).toEqual(
    expected("sda", "ST2000LM015-2E8174", {
      healthy: 0,
      pending_sectors: 16,
      power_on_hours: 9183,
      reallocated_sectors: 65160,
      temperature_celsius: 39,
    }),
  );
});

test("a disk of SCSI reports the same", () => {
  expect(metricsOf({ sda: { type: "scsi", report: "scsi.txt" } })).toEqual(
    expected("sda", "HUSMM1640ASS200", {
      healthy: 1,
      power_on_hours: 45063,
      reallocated_sectors: 7,
      temperature_celsius: 28,
      wear_percent: 4,
    }),
  );
});

test("every metric of several disks is described once", () => {
  const written = metricsOf({ sda: { ...nvme, type: "sntasmedia" }, sdb: sata, nvme0: nvme });
  expect(written.sort()).toEqual(
    [...nvmeMetrics("sda"), ...sataMetrics("sdb"), ...nvmeMetrics("nvme0")].sort(),
  );
  const helps = [...readFileSync(file, "utf8").matchAll(/^# HELP (\S+) \S+/gm)].map(([, name]) => name);
  expect(helps).toEqual([...new Set(written.map((line) => line.replace(/\{.*/, "")))]);
});

test.each([
  ["no disk", {}, ""],
  ["a USB stick without SMART", { sda: { type: "scsi", report: "usbStick.txt" } }, ""],
  ["a disk that cannot be opened", { sda: { ...sata, status: 2 } }, ""],
  ["a disk that smartctl lists as a comment", {}, "# /dev/sda -d sat # /dev/sda, ATA device open failed"],
])("%s has no metrics, no file and no error", (_, disks: Readonly<Record<string, Disk>>, besides) => {
  expect(metricsOf({ sda: sata })).not.toEqual([]);
  expect(metricsOf(disks, besides)).toEqual([]);
  expect(existsSync(file)).toBe(false);
});

test("a node without smartctl has none either, and keeps no old ones", () => {
  mkdirSync(textfiles);
  writeFileSync(file, "");
  symlinkSync("/bin/rm", join(bin, "rm"));
  const { status, stdout, stderr } = spawnSync("/bin/sh", [script, file], {
    env: { PATH: bin },
    encoding: "utf8",
  });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
  expect(existsSync(file)).toBe(false);
});

test("smartctl writes numbers as in no other locale", () => {
  metricsOf({ sda: { ...sata, first: '[ "$LC_ALL" = C ] || exit 2;' } });
  expect(existsSync(file)).toBe(true);
});

test("a disk that sleeps is not woken, and keeps its values except for the temperature", () => {
  const awake = metricsOf({ sda: sata, sdb: sata });
  const asleep = metricsOf({ sda: sata, sdb: { ...sata, status: 3 } });
  const lost = awake.filter((line) => !asleep.includes(line));
  expect(lost).toEqual(['rpi_disk_temperature_celsius{disk="sdb",model="CT500MX500SSD1"} 33']);
  const asked = readFileSync(calls, "utf8").split("\n").slice(0, -1);
  const reads = asked.filter((call) => call !== "--scan-open");
  expect(reads.length).toBe(4);
  expect(reads.filter((call) => !call.startsWith("-n standby,3 "))).toEqual([]);
});

test("a disk that stops answering counts as one that fails, and keeps no other disk from being read", () => {
  // In the place of the 20 seconds of the script.
  writeFileSync(join(bin, "timeout"), '#!/bin/sh\nshift 3\nexec /usr/bin/timeout -k 1 1 "$@"\n', {
    mode: 0o755,
  });
  const hanging = { ...sata, first: "exec sleep 30;" };
  rmSync(file, { force: true });
  expect(metricsOf({ sda: hanging, sdb: sata })).toEqual(sataMetrics("sdb"));
  metricsOf({ sda: sata, sdb: sata });
  const written = metricsOf({ sda: hanging, sdb: sata });
  expect(written.filter((line) => line.startsWith("rpi_disk_healthy"))).toEqual([
    'rpi_disk_healthy{disk="sda",model="CT500MX500SSD1"} 0',
    'rpi_disk_healthy{disk="sdb",model="CT500MX500SSD1"} 1',
  ]);
});
