import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { temporaryFolder } from "../../../support/temporaryFolder";
import { projectRoot } from "../../../support/projectRoot";

const script = join(projectRoot, "components/node/files/raspberrypi_metrics.sh");
const folder = temporaryFolder();
const file = join(folder, "raspberrypi-metrics.prom");
const sys = join(folder, "sys");

/** Takes whatever vcgencmd says for numbers, as raspberrypi_exporter does, and ends with 0. */
const exporter = `#!/bin/sh
{
  echo '# HELP rpi_temperature Temperatures.'
  echo '# TYPE rpi_temperature gauge'
  for zone in ${sys}/class/thermal/*; do
    degrees=$(awk '{ printf "%.3f", $1 / 1000 }' "$zone/temp" 2>/dev/null)
    echo "rpi_temperature{sensor=\\"\${zone##*/}\\",type=\\"$(cat "$zone/type")\\"} \${degrees:-0}"
  done
  echo '# HELP rpi_frequency Clocks.'
  echo '# TYPE rpi_frequency gauge'
  for part in arm h264; do
    number=$(vcgencmd measure_clock $part | cut -d = -f 2)
    echo "rpi_frequency{component=\\"$part\\"} \${number:-0}"
  done
  echo '# HELP rpi_voltage Voltages.'
  echo '# TYPE rpi_voltage gauge'
  number=$(vcgencmd measure_volts core | cut -d = -f 2 | sed 's/V$//')
  echo "rpi_voltage{component=\\"core\\"} \${number:-0}"
} >/var/lib/node_exporter/textfile_collector/raspberrypi-metrics.prom
`;

/** A device driver's files below /sys/class, by their paths. */
function sensors(files: Readonly<Record<string, string>>): void {
  rmSync(sys, { recursive: true, force: true });
  mkdirSync(join(sys, "class/thermal"), { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(sys, "class", path)), { recursive: true });
    writeFileSync(join(sys, "class", path), `${content}\n`);
  }
}

const pi = { "thermal/thermal_zone0/type": "cpu-thermal", "thermal/thermal_zone0/temp": "48312" };
const answers = `case $* in
  get_throttled) echo throttled=0x0 ;;
  'measure_clock arm') echo 'frequency(48)=1500398464' ;;
  'measure_clock h264') echo 'frequency(28)=0' ;;
  'measure_volts core') echo volt=0.8768V ;;
esac`;

/** Runs the script where `vcgencmd` is this shell script; returns the samples. */
function run(vcgencmd: string | undefined, exporterScript = exporter): string[] {
  rmSync(join(folder, "vcgencmd"), { force: true });
  if (vcgencmd !== undefined) {
    writeFileSync(join(folder, "vcgencmd"), `#!/bin/sh\n${vcgencmd}\n`, { mode: 0o755 });
  }
  writeFileSync(join(folder, "exporter"), exporterScript, { mode: 0o755 });
  const env = { PATH: `${folder}:${process.env["PATH"] ?? ""}` };
  const { status, stdout, stderr } = spawnSync("sh", [script, folder, join(folder, "exporter"), sys], {
    env,
    encoding: "utf8",
  });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
  expect(existsSync(`${file}.new`)).toBe(false);
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !/^#|^rpi_root_readonly /.test(line));
}

const processor = 'rpi_temperature{sensor="thermal_zone0",type="cpu-thermal"} 48.312';
const clock = 'rpi_frequency{component="arm"} 1500398464';
const idle = 'rpi_frequency{component="h264"} 0';
const voltage = 'rpi_voltage{component="core"} 0.8768';

test("of a healthy Pi it keeps all, but no cooling device", () => {
  sensors({ ...pi, "thermal/cooling_device0/type": "pwm-fan" });
  expect(run(answers)).toEqual([processor, clock, idle, voltage]);
});

test("in a locale with decimal commas, numbers have points", () => {
  sensors(pi);
  const awk = join(folder, "awk");
  writeFileSync(awk, '#!/bin/sh\n[ "$LC_ALL" = C ] || exit 2\nexec /usr/bin/awk "$@"\n', { mode: 0o755 });
  try {
    expect(run(answers)).toEqual([processor, clock, idle, voltage]);
  } finally {
    rmSync(awk);
  }
});

const noDevice = (status: number): string =>
  `printf "Can't open device file: /dev/vcio\\nTry creating a device file\\n"; exit ${status}`;

test.each([
  ["says so on standard output and fails", noDevice(255)],
  ["says so on standard output with the exit status 0", noDevice(0)],
  ["fails on standard error", "echo 'VCHI initialization failed' >&2; exit 255"],
  ["says nothing", "true"],
  ["knows no command", `echo 'error=1 error_msg="Command not registered"'`],
  ["is killed", "kill -9 $$"],
  ["is not there", undefined],
])("a vcgencmd that %s leaves the kernel's temperature", (_, vcgencmd) => {
  sensors(pi);
  expect(run(vcgencmd)).toEqual([processor]);
});

test.each([
  ["an error", "measure_clock arm", `echo 'error=1 error_msg="Command not registered"'`, [idle, voltage]],
  ["two lines", "measure_volts core", "printf 'volt=0.8V\\nand more\\n'", [clock, idle]],
  ["no voltage", "measure_volts core", "true", [clock, idle]],
])("%s as an answer costs only its own metric", (_, command, answer, rest) => {
  sensors(pi);
  const samples = run(answers.replace("case $* in", `case $* in '${command}') ${answer} ;;`));
  expect(samples.filter((line) => !line.endsWith("} 0.8"))).toEqual([processor, ...rest]);
});

test.each([
  ["fails", "#!/bin/sh\nexit 1\n"],
  ["is damaged", "#!/bin/sh\nif\n"],
  ["writes nothing", "#!/bin/sh\n"],
  ["is killed", "#!/bin/sh\nkill -9 $$\n"],
])("an exporter that %s leaves the kernel's temperature, and nothing old", (_, damaged) => {
  sensors(pi);
  run(answers);
  sensors({ ...pi, "thermal/thermal_zone0/temp": "51000" });
  expect(run(answers, damaged)).toEqual([processor.replace("48.312", "51.000")]);
});

test.each(["-273150", "255000", "", "N/A"])("a sensor that says %j has no temperature", (temp) => {
  sensors({ ...pi, "thermal/thermal_zone0/temp": temp });
  expect(run(undefined)).toEqual([]);
  expect(run(answers)).toEqual([clock, idle, voltage]);
});

test.each(["cpu_thermal", "coretemp", "k10temp"])("without a thermal zone, %s is the processor", (name) => {
  const monitor = { "hwmon/hwmon3/name": name, "hwmon/hwmon3/temp1_input": "39500" };
  sensors({ "hwmon/hwmon0/name": "nvme", "hwmon/hwmon0/temp1_input": "61000", ...monitor });
  expect(run(undefined)).toEqual([`rpi_temperature{sensor="processor",type="${name}"} 39.500`]);
  sensors({ ...pi, ...monitor });
  expect(run(undefined)).toEqual([processor]);
});

test.each([
  ["rw,noatime", 0],
  ["ro,noatime", 1],
  ["rw,errors=remount-ro", 0],
  ["ro", 1],
])("a root file system with the options %s", (options, expected) => {
  sensors(pi);
  const mounts = join(folder, "mounts");
  writeFileSync(
    mounts,
    `/dev/root / ext4 rw 0 0\n/dev/mmcblk0p2 / ext4 ${options} 0 0\n/dev/sda1 /mnt ext4 ro 0 0\n`,
  );
  spawnSync("sh", [script, folder, join(folder, "exporter"), sys, mounts]);
  expect(readFileSync(file, "utf8")).toContain(`\nrpi_root_readonly ${expected}\n`);
});

test("a machine without sensors has a file without samples", () => {
  sensors({});
  expect(run(undefined)).toEqual([]);
});
