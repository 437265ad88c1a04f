import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../../../support/temporaryFolder";
import { projectRoot } from "../../../support/projectRoot";

const script = join(projectRoot, "components/node/files/raspberrypi_throttled.sh");
const folder = temporaryFolder();
const file = join(folder, "raspberrypi-throttled.prom");
const reported = join(folder, "reported");

beforeEach(() => {
  rmSync(reported, { force: true });
});

/** Runs the script on a Pi whose `vcgencmd` gives these answers. */
function run(throttled: string, config = "arm_freq=1500"): { status: number | null; stderr: string } {
  return runWith(`case $1 in get_throttled) echo '${throttled}' ;; get_config) echo '${config}' ;; esac`);
}

/** Runs the script on a Pi whose `vcgencmd` is this shell script. */
function runWith(vcgencmd: string): { status: number | null; stderr: string } {
  writeFileSync(join(folder, "vcgencmd"), `#!/bin/sh\n${vcgencmd}\n`, { mode: 0o755 });
  const env = { PATH: `${folder}:${process.env["PATH"] ?? ""}` };
  const { status, stderr } = spawnSync("sh", [script, file, reported], { env, encoding: "utf8" });
  return { status, stderr };
}

/** The metrics that have a value other than 0, and how many there are. */
function written(): { set: string[]; count: number } {
  const metrics = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  return { set: metrics.filter((line) => !line.endsWith(" 0")), count: metrics.length };
}

const clock = 'rpi_frequency_max{component="arm"} 1500000000';
const conditions = ["under_voltage", "frequency_capped", "throttled", "soft_temperature_limit"];

test("a healthy Pi has every condition, and none is set", () => {
  expect(run("throttled=0x0")).toEqual({ status: 0, stderr: "" });
  expect(written()).toEqual({ set: [clock], count: 9 });
});

test.each(
  conditions.flatMap((condition, bit) => [
    { condition, since: "now", bits: 1 << bit },
    { condition, since: "boot", bits: 1 << (bit + 16) },
  ]),
)("bit $bits is $condition since $since, and nothing else", ({ condition, since, bits }) => {
  run(`throttled=0x${bits.toString(16)}`);
  expect(written().set).toEqual([`rpi_throttled{condition="${condition}",since="${since}"} 1`, clock]);
});

test("every bit at once", () => {
  run("throttled=0xf000f");
  expect(written().set).toHaveLength(9);
});

test.each(["error=1", "arm_freq=0", "arm_freq=0800"])("of a clock such as %j nothing is said", (config) => {
  expect(run("throttled=0x0", config)).toEqual({ status: 0, stderr: "" });
  expect(written()).toEqual({ set: [], count: 8 });
});

const warning = "<4>vcgencmd get_throttled does not answer; this is reported once a boot\n";

test.each([
  "",
  'error=1 error_msg="Command not registered"',
  "throttled=0x",
  "throttled=0x0; reboot",
  // What a failed request leaves in its buffer: all conditions at once would be four alerts.
  "throttled=0xffffffff",
])("an answer such as %j is an error, and the file stays as it was", (answer) => {
  run("throttled=0x5");
  const before = readFileSync(file, "utf8");
  expect(run(answer)).toEqual({ status: 1, stderr: warning });
  expect(readFileSync(file, "utf8")).toBe(before);
  expect(existsSync(`${file}.new`)).toBe(false);
});

test.each([
  ["fails", "echo 'VCHI initialization failed' >&2; exit 255"],
  ["has no device", `printf "Can't open device file: /dev/vcio\\nTry creating one\\n"; exit 0`],
  ["is killed", "kill -9 $$"],
])("a vcgencmd that %s is reported once a boot, and the file stays as old as it is", (_, vcgencmd) => {
  run("throttled=0x5");
  const before = statSync(file).mtimeMs;
  expect(runWith(vcgencmd)).toEqual({ status: 1, stderr: warning });
  expect(runWith(vcgencmd)).toEqual({ status: 1, stderr: "" });
  expect(statSync(file).mtimeMs).toBe(before);
});

test("a machine without vcgencmd has nothing to report", () => {
  rmSync(join(folder, "vcgencmd"), { force: true });
  const { status, stderr } = spawnSync("sh", [script, file, reported], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
});
