import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { renderNodeExporterUnit, renderTextfilesUnit } from "../../components/node/piNode";
import { exporterNames } from "../../components/settings/exporters";
import { allPresets, exampleSettings } from "../support/exampleSettings";
import { exporterUnits, renderedFiles } from "../support/renderedFiles";
import type { NodeSettings } from "../../components/settings/settings";
import { temporaryFolder } from "../support/temporaryFolder";

const root = temporaryFolder();
const unitFolder = "/etc/systemd/system";

const files = join(__dirname, "../../components/node/files");

/** The files with this ending that are copied to a node or a master as they are. */
function copied(ending: RegExp): { readonly name: string; readonly content: string }[] {
  return readdirSync(files, { recursive: true, encoding: "utf8" })
    .filter((file) => ending.test(file))
    .map((file) => ({ name: basename(file), content: readFileSync(join(files, file), "utf8") }));
}

const units: Readonly<Record<string, string>> = {
  ...Object.fromEntries(copied(/\.(service|timer|path)$/).map(({ name, content }) => [name, content])),
  ...Object.fromEntries(
    Object.entries(exporterUnits).map(([name, unit]) => [`pi-monitoring-${name}-exporter.service`, unit]),
  ),
  "pi-monitoring-textfiles.service": renderTextfilesUnit(exampleSettings(allPresets).presets),
  "pi-monitoring-node-exporter.service": renderedFiles["pi-monitoring-node-exporter.service"],
  "node-exporter-with-arguments.service": renderNodeExporterUnit(
    exampleSettings({
      nodeExporter: { arguments: [`--collector.netdev.device-exclude=^(a b"c'$HOME;|%h\\d{2})$`] },
    }).nodes[0] as NodeSettings,
  ),
  "pi-monitoring-prometheus.service": renderedFiles["pi-monitoring-prometheus.service"],
  "pi-monitoring-backup.service": renderedFiles["backupTimer.service"],
  "pi-monitoring-backup.timer": renderedFiles["backupTimer.timer"],
};

/** The units of other packages that have a drop-in of the program's; reduced to what systemd needs. */
const otherUnits = {
  "prometheus-node-exporter-smartmon.timer": "[Timer]\nOnBootSec=1min\n",
  "prometheus-node-exporter-smartmon.service": "[Service]\nType=oneshot\nExecStart=/bin/sh\n",
};
const dropIns = { "smartmon_timer.conf": "prometheus-node-exporter-smartmon.timer" };

function writeUnit(path: string, content: string): void {
  const file = join(root, unitFolder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

beforeAll(() => {
  // `systemd-analyze verify` refuses a unit with a program that does not exist.
  for (const program of [
    "/bin/sh",
    "/bin/kill",
    "/bin/mkdir",
    "/usr/bin/prometheus",
    "/usr/bin/prometheus-node-exporter",
    ...exporterNames.map((name) => `/usr/bin/prometheus-${name}-exporter`),
    ...copied(/\.sh$/).map(({ name }) => `/usr/local/lib/pi-monitoring/${basename(name, ".sh")}`),
    "/usr/local/sbin/pi-monitoring-backup",
  ]) {
    mkdirSync(dirname(join(root, program)), { recursive: true });
    writeFileSync(join(root, program), "", { mode: 0o755 });
  }
  for (const [unit, content] of Object.entries({ ...units, ...otherUnits })) {
    writeUnit(unit, content);
  }
});

function verify(unit: string): object {
  const options = ["--root", root, "--man=no", "--recursive-errors=no", `${unitFolder}/${unit}`];
  const { status, stdout, stderr } = spawnSync("systemd-analyze", ["verify", ...options], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

test.each(Object.keys(units))("systemd accepts %s without a warning", (unit) => {
  expect(verify(unit)).toEqual({ status: 0, stdout: "", stderr: "" });
});

test.each(copied(/\.conf$/))("systemd accepts the drop-in $name without a warning", ({ name, content }) => {
  const unit = (dropIns as Readonly<Record<string, string>>)[name] ?? "";
  expect(verify(unit)).toEqual({ status: 0, stdout: "", stderr: "" });
  writeUnit(`${unit}.d/pi-monitoring.conf`, content);
  expect(verify(unit)).toEqual({ status: 0, stdout: "", stderr: "" });
  // It would also pass if systemd did not read it.
  writeUnit(`${unit}.d/pi-monitoring.conf`, content.replace("Condition", "Unknown"));
  expect(verify(unit)).toMatchObject({ stderr: expect.stringContaining("pi-monitoring.conf") as string });
});
