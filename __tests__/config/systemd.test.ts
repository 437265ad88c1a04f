import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { temporaryFolder } from "../support/temporaryFolder";

const components = join(__dirname, "../../components/node");
const root = temporaryFolder();
const unitFolder = "/etc/systemd/system";

beforeAll(() => {
  for (const program of ["/bin/sh", "/usr/local/sbin/raspberrypi_exporter"]) {
    mkdirSync(dirname(join(root, program)), { recursive: true });
    writeFileSync(join(root, program), "", { mode: 0o755 });
  }
  mkdirSync(join(root, unitFolder), { recursive: true });
  for (const unit of ["raspberrypi_exporter.service", "raspberrypi_exporter.timer"]) {
    copyFileSync(join(components, unit), join(root, unitFolder, unit));
  }
});

function verify(unit: string): object {
  const words = ["--root", root, "--man=no", "--recursive-errors=no", `${unitFolder}/${unit}`];
  const { status, stdout, stderr } = spawnSync("systemd-analyze", ["verify", ...words], { encoding: "utf8" });
  return { status, stdout, stderr };
}

test.each(["raspberrypi_exporter.service", "raspberrypi_exporter.timer"])(
  "systemd has nothing to say against %s",
  (unit) => {
    expect(verify(unit)).toEqual({ status: 0, stdout: "", stderr: "" });
  },
);
