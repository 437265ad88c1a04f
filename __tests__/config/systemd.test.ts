import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { renderNodeExporterUnit, renderTextfilesUnit } from "../../components/node/piNode";
import { exporterNames } from "../../components/settings/exporters";
import { allPresets, exampleSettings } from "../support/exampleSettings";
import { exporterUnits, renderedFiles } from "../support/renderedFiles";
import type { NodeSettings } from "../../components/settings/settings";
import { temporaryFolder } from "../support/temporaryFolder";

const root = temporaryFolder();
const unitFolder = "/etc/systemd/system";

function written(file: string): string {
  return readFileSync(join(__dirname, "../../components/node/files", file), "utf8");
}

const units = {
  ...Object.fromEntries(
    Object.entries(exporterUnits).map(([name, unit]) => [`pi-monitoring-${name}-exporter.service`, unit]),
  ),
  "pi-monitoring-textfiles.service": renderTextfilesUnit(exampleSettings(allPresets).presets),
  "pi-monitoring-disks.service": written("pi-monitoring-disks.service"),
  "pi-monitoring-disks.timer": written("pi-monitoring-disks.timer"),
  "pi-monitoring-textfiles.timer": written("pi-monitoring-textfiles.timer"),
  "pi-monitoring-node-exporter.service": renderedFiles["pi-monitoring-node-exporter.service"],
  "node-exporter-with-arguments.service": renderNodeExporterUnit(
    exampleSettings({
      nodeExporter: { arguments: [`--collector.netdev.device-exclude=^(a b"c'$HOME;|%h\\d{2})$`] },
    }).nodes[1] as NodeSettings,
  ),
  "pi-monitoring-prometheus.service": renderedFiles["pi-monitoring-prometheus.service"],
  "pi-monitoring-authorities.path": written("master/pi-monitoring-authorities.path"),
  "pi-monitoring-authorities.service": written("master/pi-monitoring-authorities.service"),
  "pi-monitoring-backup.service": renderedFiles["backupTimer.service"],
  "pi-monitoring-backup.timer": renderedFiles["backupTimer.timer"],
};

beforeAll(() => {
  for (const program of [
    "/bin/sh",
    "/bin/kill",
    "/bin/mkdir",
    "/usr/bin/prometheus",
    "/usr/bin/prometheus-node-exporter",
    ...exporterNames.map((name) => `/usr/bin/prometheus-${name}-exporter`),
    "/usr/local/lib/pi-monitoring/raspberrypi_metrics",
    "/usr/local/lib/pi-monitoring/raspberrypi_throttled",
    "/usr/local/lib/pi-monitoring/raspberrypi_power",
    "/usr/local/lib/pi-monitoring/disk_metrics",
    "/usr/local/lib/pi-monitoring/link_textfiles",
    "/usr/local/lib/pi-monitoring/collect_authorities",
    "/usr/local/sbin/pi-monitoring-backup",
  ]) {
    mkdirSync(dirname(join(root, program)), { recursive: true });
    writeFileSync(join(root, program), "", { mode: 0o755 });
  }
  mkdirSync(join(root, unitFolder), { recursive: true });
  for (const [unit, content] of Object.entries(units)) {
    writeFileSync(join(root, unitFolder, unit), content);
  }
});

function verify(unit: string): object {
  const words = ["--root", root, "--man=no", "--recursive-errors=no", `${unitFolder}/${unit}`];
  const { status, stdout, stderr } = spawnSync("systemd-analyze", ["verify", ...words], { encoding: "utf8" });
  return { status, stdout, stderr };
}

test.each(Object.keys(units))("systemd accepts %s without a warning", (unit) => {
  expect(verify(unit)).toEqual({ status: 0, stdout: "", stderr: "" });
});
