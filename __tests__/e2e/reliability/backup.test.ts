import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { $ } from "../../../scripts/cli/shell";
import { exec } from "../../../scripts/rehearsal/machines/machine";
import type { Stack } from "../../../scripts/stack/stack";
import { run, runOrFail } from "../../support/commands";
import { eventually } from "../../support/eventually";
import { killGroup } from "../../support/killGroup";
import { temporaryFolder } from "../../support/temporaryFolder";
import { query, rowsOf } from "../support/influx";
import { docker, hosts, shell } from "../support/machines";
import { expectHealthy, farAwayTime, pulumiOrFail, startRehearsal } from "../support/rehearsal";
import { changeSetting } from "../support/settingsFile";

const folder = temporaryFolder();
/** The folder of a copy of the backup. */
const copyFolder = temporaryFolder();

let stack: Stack;
let backup: string;
/** The samples of the time before the backup, counted by node and metric. */
let samples: string;
let outputs: string;
/** The time before the backup, until which samples are counted. */
const countedUntil = new Date();

/** The number of samples until `countedUntil`, by node and metric, with the token that Grafana has. */
async function countSamples(): Promise<string> {
  const { grafanaToken } = await stack.outputs();
  const flux = `from(bucket: "prometheus") |> range(start: 2020-01-01T00:00:00Z, stop: ${countedUntil.toISOString()})
    |> group(columns: ["node_name", "_field"]) |> count() |> keep(columns: ["node_name", "_field", "_value"])`;
  const { status, body } = await query(grafanaToken, flux);
  expect({ status, body }).toMatchObject({ status: 200 });
  return body;
}

/** The containers and volumes of the server, and the number of resources in the state. */
async function existing(): Promise<string> {
  const list = "docker ps --all --format {{.Names}}; docker volume ls --quiet";
  const state = JSON.parse(await stack.exportState()) as { deployment: { resources?: unknown[] } };
  return `${await shell("vps", list)}${state.deployment.resources?.length ?? 0}`;
}

beforeAll(async () => {
  stack = await startRehearsal();
  // Samples that are on their way now have an earlier time. The backup begins when they have arrived.
  countedUntil.setTime(Date.now());
  await eventually("the last samples of the time before the backup", 90, async () => {
    const [before, after] = [await countSamples(), await countSamples()];
    expect(before).toBe(after);
    expect(Date.now() - countedUntil.getTime()).toBeGreaterThan(30_000);
    samples = after;
  });
  outputs = await stack.pulumi("stack", "output", "--json", "--show-secrets");
});

test("a backup is whole, and the system goes on", async () => {
  const loads = rowsOf(samples).filter((row) => row["_field"] === "node_load1");
  expect(loads.map((row) => row["node_name"])).toEqual(expect.arrayContaining(hosts));
  await runOrFail("backup", ["dev", "--folder", folder]);
  const [name = ""] = await readdir(folder);
  backup = join(folder, name);
  expect((await readdir(backup)).sort()).toEqual([
    "SHA256SUMS",
    "grafana.tar.gz",
    "https-portal.tar.gz",
    "images",
    "influxdb.tar.gz",
    "state.json",
  ]);
  await $({ cwd: backup })`sha256sum --check SHA256SUMS`;
  await expectHealthy(stack);
});

test("the newest backups stay on this machine, and none of them on the server", async () => {
  await runOrFail("backup", ["dev", "--folder", folder, "--keep", "1"]);
  const names = await readdir(folder);
  expect(names).toHaveLength(1);
  backup = join(folder, names[0] ?? "");
  expect(await exec("vps", ["ls", "/var/backups/pi-monitoring"])).toBe("");
});

test("a timer makes backups on the server at the time in the settings", async () => {
  const at = farAwayTime();
  await changeSetting("backup", () => ({ at }));
  try {
    await pulumiOrFail(stack, "up");
    expect(await exec("vps", ["systemctl", "list-timers", "pi-monitoring-backup.timer"])).toContain(
      ` ${at}:00 `,
    );
    await exec("vps", ["systemctl", "start", "pi-monitoring-backup.service"]);
    expect(await exec("vps", ["ls", "/var/backups/pi-monitoring"])).toMatch(/^\S+Z\n$/);
  } finally {
    await changeSetting("backup", () => undefined);
    await pulumiOrFail(stack, "up");
  }
  expect(await exec("vps", ["systemctl", "list-timers", "--all"])).not.toContain("pi-monitoring");
});

test("a restore overwrites nothing", async () => {
  const before = await existing();
  const refused = await run("restore", ["dev", backup, "--yes"]);
  expect(refused.exitCode).toBe(1);
  for (const found of ["pulumi destroy", "the container influxdb", "the volume grafana-storage"]) {
    expect(refused.stderr).toContain(found);
  }
  expect(await existing()).toBe(before);
});

test("a flipped bit is refused before anything is touched", async () => {
  await pulumiOrFail(stack, "destroy");
  expect(await existing()).toBe("0");
  const broken = join(copyFolder, "broken");
  await cp(backup, broken, { recursive: true });
  const archive = join(broken, "influxdb.tar.gz");
  const content = await readFile(archive);
  content.writeUInt8(content.readUInt8(1000) ^ 1, 1000);
  await writeFile(archive, content);

  const refused = await run("restore", ["dev", broken, "--yes"]);
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain("influxdb.tar.gz is not what was backed up");
  expect(await existing()).toBe("0");
});

test("a restore that was killed can be continued, and every sample is there, with the same passwords and tokens", async () => {
  // As on a new machine, to which only the settings file and the backup were copied.
  await stack.pulumi("stack", "rm", "--yes", "--preserve-config");
  const restore: ChildProcess = spawn("npm", ["run", "restore", "--", "dev", backup, "--yes"], {
    detached: true,
  });
  let printed = "";
  restore.stdout?.setEncoding("utf8").on("data", (chunk: string) => (printed += chunk));
  const namesVolume = () => {
    expect(printed).toContain("influxdb2");
  };
  await eventually("the restore of the volume influxdb2", 60, namesVolume, 0.05);
  killGroup(restore, "SIGKILL");
  await once(restore, "close");
  expect(await docker("ps", "--all", "--format", "{{.Names}}")).toBe("pi-monitoring-restore-filling");

  await runOrFail("restore", ["dev", backup, "--yes"]);
  expect(await countSamples()).toBe(samples);
  expect(await stack.pulumi("stack", "output", "--json", "--show-secrets")).toBe(outputs);
  expect(await docker("ps", "--all", "--format", "{{.Names}}")).not.toContain("restore");
});

test("new samples arrive, and nothing is left to change", async () => {
  await expectHealthy(stack);
  await pulumiOrFail(stack, "up", "--expect-no-changes");
});

test("goes down", async () => {
  await runOrFail("down");
});
