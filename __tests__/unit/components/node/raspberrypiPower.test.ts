import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../../../support/temporaryFolder";
import { projectRoot } from "../../../support/projectRoot";

const script = join(projectRoot, "components/node/files/raspberrypi_power.sh");
const folder = temporaryFolder();
const file = join(folder, "raspberrypi-power.prom");
const charging = join(folder, "charging_voltage");

/** What a Raspberry Pi 5 without a battery answers, with fewer rails. */
const answer = `   3V3_SYS_A current(1)=0.10832820A
  DDR_VDDQ_A current(4)=0.00000000A
  VDD_CORE_A current(7)=1.42880000A
   3V3_SYS_V volt(9)=3.30910500V
  DDR_VDDQ_V volt(12)=0.60439500V
  VDD_CORE_V volt(15)=0.90659250V
     EXT5V_V volt(24)=5.05716000V
      BATT_V volt(25)=0.00512820V
`;

beforeEach(() => {
  rmSync(file, { force: true });
  rmSync(charging, { force: true });
});

/** Runs the script where `vcgencmd pmic_read_adc` is this shell script. */
function run(vcgencmd: string): string[] {
  writeFileSync(join(folder, "vcgencmd"), `#!/bin/sh\n${vcgencmd}\n`, { mode: 0o755 });
  const env = { PATH: `${folder}:${process.env["PATH"] ?? ""}` };
  const { status, stdout, stderr } = spawnSync("sh", [script, file, charging], { env, encoding: "utf8" });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
  expect(existsSync(`${file}.new`)).toBe(false);
  return existsSync(file)
    ? readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line !== "" && !line.startsWith("#"))
    : [];
}

const answering = (text: string): string => `[ "$*" = pmic_read_adc ] && cat <<'END'\n${text}END`;

test("each rail has its voltage, current and power, and the input its voltage", () => {
  expect(run(answering(answer)).sort()).toEqual([
    'rpi_rail_amperes{rail="3V3_SYS"} 0.108328',
    'rpi_rail_amperes{rail="DDR_VDDQ"} 0.000000',
    'rpi_rail_amperes{rail="VDD_CORE"} 1.428800',
    'rpi_rail_volts{rail="3V3_SYS"} 3.309105',
    'rpi_rail_volts{rail="DDR_VDDQ"} 0.604395',
    'rpi_rail_volts{rail="EXT5V"} 5.057160',
    // mawk and gawk round a half differently.
    expect.stringMatching(/^rpi_rail_volts\{rail="VDD_CORE"\} 0\.90659[23]$/),
    'rpi_rail_watts{rail="3V3_SYS"} 0.358469',
    'rpi_rail_watts{rail="DDR_VDDQ"} 0.000000',
    'rpi_rail_watts{rail="VDD_CORE"} 1.295339',
  ] as string[]);
  const helps = [...readFileSync(file, "utf8").matchAll(/^# HELP (\S+) \S+/gm)].map(([, name]) => name);
  expect(helps).toEqual(["rpi_rail_volts", "rpi_rail_amperes", "rpi_rail_watts"]);
});

test("in a locale with decimal commas, numbers have points", () => {
  const awk = join(folder, "awk");
  writeFileSync(awk, '#!/bin/sh\n[ "$LC_ALL" = C ] || exit 2\nexec /usr/bin/awk "$@"\n', { mode: 0o755 });
  try {
    expect(run(answering(answer))).toContain('rpi_rail_volts{rail="EXT5V"} 5.057160');
  } finally {
    rmSync(awk);
  }
});

test.each([
  ["0.00000000", []],
  ["0.00512820", []],
  ["2.10000000", ['rpi_rail_volts{rail="BATT"} 2.100000']],
  ["3.26000000", ['rpi_rail_volts{rail="BATT"} 3.260000']],
])("a battery of %s V is there: %j", (volts, expected) => {
  const written = run(answering(answer.replace("0.00512820", volts)));
  expect(written.filter((line) => line.includes("BATT"))).toEqual(expected);
});

test.each([
  ["0\n", ["rpi_rtc_charging_volts 0.000000"]],
  ["3000000\n", ["rpi_rtc_charging_volts 3.000000"]],
  ["unknown\n", []],
  ["", []],
])("where the kernel says %j of charging the battery, the metric is %j", (content, expected) => {
  writeFileSync(charging, content);
  expect(run(answering(answer)).filter((line) => line.includes("charging"))).toEqual(expected);
});

test.each([
  ["is another Pi's", `printf 'error=1 error_msg="Command not registered"\\n'; exit 255`],
  ["has no device", `printf "Can't open device file: /dev/vcio\\nTry creating one\\n"`],
  ["fails", "echo 'VCHI initialization failed' >&2; exit 255"],
])("a vcgencmd that %s makes no file", (_, vcgencmd) => {
  writeFileSync(charging, "0\n");
  expect(run(vcgencmd)).toEqual([]);
});

test("a machine without vcgencmd gets no file", () => {
  rmSync(join(folder, "vcgencmd"), { force: true });
  const { status, stdout, stderr } = spawnSync("sh", [script, file, charging], { encoding: "utf8" });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
  expect(existsSync(file)).toBe(false);
});

test("if the firmware stops to answer, the file stays, and its age is what an alert sees", () => {
  const before = run(answering(answer));
  const { mtimeMs } = statSync(file);
  expect(run("exit 1")).toEqual(before);
  expect(statSync(file).mtimeMs).toBe(mtimeMs);
});
