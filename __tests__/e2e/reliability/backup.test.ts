import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { $ as zx } from "zx";
import { exec } from "../../../scripts/rehearsal/machines/machine";
import { openStack } from "../../../scripts/rehearsal/openStack";
import type { Stack } from "../../../scripts/stack/stack";
import { eventually } from "../../support/eventually";
import { expectSuccess } from "../../support/expectSuccess";
import { temporaryFolder } from "../../support/temporaryFolder";
import { changeSetting, expectHealthy, farAwayTime } from "../support/rehearsal";

const $ = zx({ quiet: true, nothrow: true });
const folder = temporaryFolder();
const elsewhere = temporaryFolder();
const org = encodeURIComponent("Küche & Keller");

let stack: Stack;
let backup: string;
/** The samples of the time before the backup, counted by node and metric. */
let samples: string;
let outputs: string;
const end = new Date();

async function pulumi(...words: string[]): Promise<string> {
  const { exitCode, output } = await stack.capture(...words);
  expectSuccess({ exitCode, output });
  return output;
}

/** What the volumes are for: every sample until `end`, by the token that Grafana has. */
async function countSamples(): Promise<string> {
  const { grafanaToken } = await stack.outputs();
  const query = `from(bucket: "prometheus") |> range(start: 2020-01-01T00:00:00Z, stop: ${end.toISOString()})
    |> group(columns: ["node_name", "_field"]) |> count() |> keep(columns: ["node_name", "_field", "_value"])`;
  const curl = ["curl", "-sS", "--fail-with-body", "-K", "-", "-H", "Content-Type: application/vnd.flux"];
  const request = [...curl, "--data-binary", query, `http://influxdb:8086/api/v2/query?org=${org}`];
  const header = `header = "Authorization: Token ${grafanaToken}"\n`;
  return exec("vps", ["docker", "exec", "-i", "grafana", ...request], header);
}

/** What is on the server, and in the state. */
async function existing(): Promise<string> {
  const list = "docker ps --all --format {{.Names}}; docker volume ls --quiet";
  const state = JSON.parse(await stack.exportState()) as { deployment: { resources?: unknown[] } };
  return `${await exec("vps", ["sh", "-c", list])}${state.deployment.resources?.length ?? 0}`;
}

beforeAll(async () => {
  const start = await $`npm start -- --yes`;
  expect(start.exitCode).toBe(0);
  stack = await openStack("dev");
  // Samples that are on their way now belong to this time: they are there before the backup begins.
  end.setTime(Date.now());
  await eventually("the last samples of the time before the backup", 90, async () => {
    const [before, after] = [await countSamples(), await countSamples()];
    expect(before).toBe(after);
    expect(Date.now() - end.getTime()).toBeGreaterThan(30_000);
    samples = after;
  });
  outputs = await pulumi("stack", "output", "--json", "--show-secrets");
});

test("a backup is whole, and the system goes on", async () => {
  expect(samples.match(/node_load1\b/g)).toHaveLength(3);
  const made = await $`npm run backup -- dev --folder ${folder}`;
  expectSuccess({ exitCode: made.exitCode, said: made.stdall });
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
  expect((await $({ cwd: backup })`sha256sum --check SHA256SUMS`).exitCode).toBe(0);
  await expectHealthy(stack);
});

test("the newest backups stay on this machine, and none of them on the server", async () => {
  const made = await $`npm run backup -- dev --folder ${folder} --keep 1`;
  expect(made.exitCode).toBe(0);
  const names = await readdir(folder);
  expect(names).toHaveLength(1);
  backup = join(folder, names[0] ?? "");
  expect(await exec("vps", ["ls", "/var/backups/pi-monitoring"])).toBe("");
});

test("a timer makes them on the server when the settings say when", async () => {
  const at = farAwayTime();
  await changeSetting("backup", () => ({ at }));
  try {
    await pulumi("up", "--yes", "--non-interactive", "--skip-preview");
    expect(await exec("vps", ["systemctl", "list-timers", "pi-monitoring-backup.timer"])).toContain(
      ` ${at}:00 `,
    );
    await exec("vps", ["systemctl", "start", "pi-monitoring-backup.service"]);
    expect(await exec("vps", ["ls", "/var/backups/pi-monitoring"])).toMatch(/^\S+Z\n$/);
  } finally {
    await changeSetting("backup", () => undefined);
  }
  await pulumi("up", "--yes", "--non-interactive", "--skip-preview");
  expect(await exec("vps", ["systemctl", "list-timers", "--all"])).not.toContain("pi-monitoring");
});

test("a restore overwrites nothing", async () => {
  const before = await existing();
  const refused = await $`npm run restore -- dev ${backup} --yes`;
  expect(refused.exitCode).toBe(1);
  for (const found of ["pulumi destroy", "the container influxdb", "the volume grafana-storage"]) {
    expect(refused.stderr).toContain(found);
  }
  expect(await existing()).toBe(before);
});

test("a flipped bit is refused before anything is touched", async () => {
  await pulumi("destroy", "--yes", "--non-interactive", "--skip-preview");
  expect(await existing()).toBe("0");
  const broken = join(elsewhere, "broken");
  await cp(backup, broken, { recursive: true });
  const archive = join(broken, "influxdb.tar.gz");
  const content = await readFile(archive);
  content.writeUInt8(content.readUInt8(1000) ^ 1, 1000);
  await writeFile(archive, content);

  const refused = await $`npm run restore -- dev ${broken} --yes`;
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain("influxdb.tar.gz is not what was backed up");
  expect(await existing()).toBe("0");
});

test("a restore that was killed goes on, and every sample is there, with the same passwords and tokens", async () => {
  const killed: ChildProcess = spawn("npm", ["run", "restore", "--", "dev", backup, "--yes"], {
    detached: true,
  });
  let said = "";
  killed.stdout?.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
  const filling = () => {
    expect(said).toContain("influxdb2");
  };
  await eventually("the volume influxdb2 to be filled", 60, filling, 0.05);
  process.kill(-(killed.pid ?? 0), "SIGKILL");
  await once(killed, "close");
  expect(await exec("vps", ["docker", "ps", "--all", "--format", "{{.Names}}"])).toBe(
    "pi-monitoring-restore-filling\n",
  );

  const restored = await $`npm run restore -- dev ${backup} --yes`;
  expectSuccess({ exitCode: restored.exitCode, said: restored.stdall });
  expect(await countSamples()).toBe(samples);
  expect(await pulumi("stack", "output", "--json", "--show-secrets")).toBe(outputs);
  expect(await exec("vps", ["docker", "ps", "--all", "--format", "{{.Names}}"])).not.toContain("restore");
});

test("new samples arrive, and nothing is left to change", async () => {
  await expectHealthy(stack);
  await pulumi("up", "--yes", "--non-interactive", "--expect-no-changes");
});

test("goes down", async () => {
  expect((await $`npm run down`).exitCode).toBe(0);
});
