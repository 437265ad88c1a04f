import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../../../support/temporaryFolder";
import { projectRoot } from "../../../support/projectRoot";

const script = join(projectRoot, "components/node/files/link_textfiles.sh");
const root = temporaryFolder();
const [ours, debian, tutorial] = ["ours", "debian", "tutorial"].map((name) => join(root, name)) as [
  string,
  string,
  string,
];

/** Runs the script, where the reader may not read files with `secret` in their names; returns what it has linked. */
function link(): Record<string, string> {
  const stub = `#!/bin/sh
case $* in *secret*) exit 1 ;; esac
while [ "$1" != test ]; do shift; done
exec "$@"
`;
  mkdirSync(join(root, "bin"), { recursive: true });
  writeFileSync(join(root, "bin/setpriv"), stub, { mode: 0o755 });
  const env = { PATH: `${join(root, "bin")}:${process.env["PATH"] ?? ""}` };
  const { status, stdout, stderr } = spawnSync("sh", [script, ours, debian, tutorial], {
    env,
    encoding: "utf8",
  });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
  const links = readdirSync(ours).filter((name) => name.startsWith("others-"));
  return Object.fromEntries(links.map((name) => [name, readlinkSync(join(ours, name))]));
}

beforeEach(() => {
  for (const folder of [ours, debian, tutorial]) {
    rmSync(folder, { recursive: true, force: true });
  }
  mkdirSync(debian);
  mkdirSync(tutorial);
});

test("files of both folders are linked, and those that node_exporter could not read are not", () => {
  writeFileSync(join(debian, "role.prom"), 'node_role{role="nas"} 1\n');
  writeFileSync(join(debian, "secret.prom"), "x 1\n");
  writeFileSync(join(debian, "notes.txt"), "x 1\n");
  writeFileSync(join(tutorial, "restic.prom"), "restic 1\n");
  writeFileSync(join(tutorial, "raspberrypi-metrics.prom"), 'rpi_temperature{sensor="a"} 1\n');
  symlinkSync(join(tutorial, "gone"), join(tutorial, "dangling.prom"));
  expect(link()).toEqual({
    "others-1-role.prom": join(debian, "role.prom"),
    "others-2-restic.prom": join(tutorial, "restic.prom"),
  });
});

test("one folder that is a link to the other counts once, and a missing one not at all", () => {
  writeFileSync(join(debian, "role.prom"), "node_role 1\n");
  rmSync(tutorial, { recursive: true });
  expect(link()).toEqual({ "others-1-role.prom": join(debian, "role.prom") });
  symlinkSync(debian, tutorial);
  expect(link()).toEqual({ "others-1-role.prom": join(debian, "role.prom") });
});

test("a file that has gone is no longer linked, and our own files stay", () => {
  writeFileSync(join(debian, "role.prom"), "node_role 1\n");
  expect(Object.keys(link())).toEqual(["others-1-role.prom"]);
  writeFileSync(join(ours, "raspberrypi-metrics.prom"), "rpi_temperature 1\n");
  rmSync(join(debian, "role.prom"));
  expect(link()).toEqual({});
  expect(readdirSync(ours)).toEqual(["raspberrypi-metrics.prom"]);
});
