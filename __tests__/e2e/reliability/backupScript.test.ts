import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { $ } from "../../../scripts/cli/shell";
import { type BackedUp, renderBackup } from "../../../components/server/backup/backup";
import { debianImage } from "../../../scripts/rehearsal/toolchain/debian";
import { ensureDocker } from "../../../scripts/rehearsal/toolchain/docker";
import { preparation } from "../support/rehearsal";
import { eventually } from "../../support/eventually";
import { killGroup } from "../../support/killGroup";
import { temporaryFolder } from "../../support/temporaryFolder";

jest.setTimeout(120_000);

const parent = temporaryFolder();

// Throw-away containers; two runs at the same time do not meet.
const prefix = `pi-monitoring-backup-${process.pid}`;
const [database, grafana, portal] = [`${prefix}-database`, `${prefix}-grafana`, `${prefix}-portal`];
const backedUp: readonly BackedUp[] = [
  { container: database, volume: `${database}-data`, path: "/var/lib/database", stop: true },
  { container: grafana, volume: `${grafana}-data`, path: "/var/lib/grafana", stop: true },
  { container: portal, volume: `${portal}-data`, path: "/var/lib/portal", stop: false },
];

// Ready a second after its start. It ends by itself on SIGTERM.
const service = `
trap 'echo graceful >>/data/stopped; exit' TERM
rm -f /tmp/ready; sleep 1; touch /tmp/ready
while :; do sleep 0.1; done`;

// In production this file is in the container telegraf. Here it is in one of this test, as this machine may run a telegraf.
const lastBackup = `${portal}:/tmp/last-backup`;

let image: string;
let folder: string;
let runs = 0;

beforeAll(async () => {
  await ensureDocker(preparation);
  image = (await debianImage("bookworm", preparation)).location;
}, 600_000);

beforeEach(async () => {
  folder = join(parent, `${runs++}`);
  for (const { container, volume, path } of backedUp) {
    const health = ["--health-cmd", "test -e /tmp/ready", "--health-interval", "1s"];
    const options = ["--volume", `${volume}:${path}`, "--stop-timeout", "20", ...health];
    await $`docker run --detach --name ${container} ${options} ${image} sh -c ${service.replace("/data", path)}`;
    // An owner and a mode that the image has for no folder of its own.
    await $`docker exec ${container} sh -c ${`cd ${path} && echo ${container} >name && chown 472:7 name . && chmod 2750 .`}`;
  }
});

afterEach(async () => {
  await $`docker rm --force --volumes ${backedUp.map(({ container }) => container)}`;
  await $`docker volume rm ${backedUp.map(({ volume }) => volume)}`;
});

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A started script with all that it has printed so far, in its own process group.
 *
 * @param stubs shell functions that stand in front of the script
 */
function start(stubs = "", keep = 7) {
  const script = `${stubs}\n${renderBackup({ folder, keep, backedUp, lastBackup })}`;
  const child = spawn("sh", ["-s"], { detached: true });
  const said = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (said.stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (said.stderr += chunk));
  child.stdin.end(script);
  const end = once(child, "close").then(([status]): Run => ({ status: status as number | null, ...said }));
  return { child, said, end };
}

async function untilCopying(said: { readonly stderr: string }): Promise<void> {
  await eventually("the copy", 60, () => {
    expect(said.stderr).toContain("copying");
  });
}

async function run(stubs = "", keep = 7): Promise<Run> {
  return start(stubs, keep).end;
}

/** A shell function `docker` that runs these commands instead of a copy of the database. */
function withCopy(commands: string): string {
  return `docker() { case "$*" in "cp ${database}:"*) ${commands} ;; *) command docker "$@" ;; esac; }`;
}

async function inspect(template: string): Promise<string[]> {
  const containers = backedUp.map(({ container }) => container);
  return (await $`docker inspect --format ${template} ${containers}`).stdout.trim().split("\n");
}

/** What is in the folder, but for the lock. */
async function backups(): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name !== ".lock").sort();
}

const allRunning = ["true", "true", "true"];

test("archives what is in the volumes, with owners, and starts the databases again", async () => {
  const [, , portalStart] = await inspect("{{.State.StartedAt}}");
  const { status, stdout, stderr } = await run();
  expect({ status, stderr }).toMatchObject({ status: 0 });
  const name = stdout.trim();
  expect(name).toMatch(/^\d{4}-\d\d-\d\dT\d{6}Z$/);
  expect(await backups()).toEqual([name]);
  const backup = join(folder, name);
  expect((await stat(backup)).mode & 0o777).toBe(0o700);

  for (const { container, path } of backedUp) {
    const file = join(backup, `${container}.tar.gz`);
    const base = path.replace("/var/lib/", "");
    const listed = (await $`tar --list --verbose --numeric-owner --gzip --file ${file}`).stdout;
    expect(listed).toMatch(new RegExp(`^drwxr-s--- 472/7 .* ${base}/$`, "m"));
    expect(listed).toMatch(new RegExp(`^-rw-r--r-- 472/7 .* ${base}/name$`, "m"));
    // The databases were stopped before they were copied; the portal was not.
    expect(listed.includes(`${base}/stopped`)).toBe(container !== portal);
  }
  expect(await readFile(join(backup, "images"), "utf8")).toBe(
    backedUp.map(({ container }) => `${container} ${image}\n`).join(""),
  );
  const check = await $({ cwd: backup })`sha256sum --check --strict SHA256SUMS`;
  expect(check.stdout.trim().split("\n")).toHaveLength(4);
  expect(check.exitCode).toBe(0);
  const noted = await $`docker exec ${portal} stat --format %Y /tmp/last-backup`;
  const made = (await stat(join(backup, "SHA256SUMS"))).mtimeMs;
  expect(Number(noted.stdout)).toBe(Math.floor(made / 1000));

  const state = await inspect("{{.State.Running}} {{.State.Health.Status}} {{.State.StartedAt}}");
  expect(state.slice(0, 2)).toEqual([
    expect.stringMatching(/^true healthy /),
    expect.stringMatching(/^true healthy /),
  ]);
  expect(state[2]).toMatch(new RegExp(`^true \\w+ ${portalStart ?? ""}$`));
});

test("keeps the newest and removes older and unfinished ones, but nothing else", async () => {
  const older = [
    "2020-01-01T000000Z",
    "2021-01-01T000000Z",
    "2022-01-01T000000Z",
    "2022-01-02T000000Z.unfinished",
  ];
  for (const name of [...older, "mine"]) {
    await mkdir(join(folder, name), { recursive: true });
  }
  const { stdout } = await run("", 2);
  expect(await backups()).toEqual(["2022-01-01T000000Z", stdout.trim(), "mine"]);
});

test.each([
  { copy: "fails", stubs: withCopy(`command docker "$@" | head -c 100; return 1`) },
  { copy: "fills the disk", stubs: `gzip() { head -c 100; return 1; }` },
])("starts the database again when the copy $copy, and leaves nothing", async ({ stubs }) => {
  await mkdir(join(folder, "2020-01-01T000000Z"), { recursive: true });
  const { status, stdout } = await run(stubs, 1);
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(await inspect("{{.State.Running}}")).toEqual(allRunning);
  expect(await backups()).toEqual(["2020-01-01T000000Z"]);
});

test.each(["SIGHUP", "SIGINT", "SIGTERM"] as const)(
  "starts the database again when it is interrupted by %s",
  async (signal) => {
    const { child, said, end } = start(withCopy("sleep 60"));
    await untilCopying(said);
    killGroup(child, signal);
    expect((await end).status).toBe({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }[signal]);
    expect(await inspect("{{.State.Running}}")).toEqual(allRunning);
    expect(await backups()).toEqual([]);
  },
);

test("starts the database again when its output is closed", async () => {
  const { child, said, end } = start(withCopy("sleep 2"));
  await untilCopying(said);
  child.stderr.destroy();
  expect((await end).status).not.toBe(0);
  expect(await inspect("{{.State.Running}}")).toEqual(allRunning);
  expect(await backups()).toEqual([]);
});

test("starts what a killed backup has left stopped, and is refused while that one still copies", async () => {
  const { child, said, end } = start(withCopy("sleep 60"));
  await untilCopying(said);
  expect(await run()).toEqual({
    status: 1,
    stdout: "",
    stderr: `Another backup is being made in ${folder}.\n`,
  });
  killGroup(child, "SIGKILL");
  await end;
  expect(await inspect("{{.State.Running}}")).toEqual(["false", "true", "true"]);

  const { status, stdout, stderr } = await run();
  expect({ status, stderr }).toEqual({
    status: 0,
    stderr: expect.stringContaining("never finished") as string,
  });
  expect(await inspect("{{.State.Running}}")).toEqual(allRunning);
  expect(await backups()).toEqual([stdout.trim()]);
});

test("leaves a stopped container stopped, and copies it", async () => {
  await $`docker stop ${database}`;
  const { status, stdout } = await run();
  expect(status).toBe(0);
  expect(await inspect("{{.State.Running}}")).toEqual(["false", "true", "true"]);
  expect(await readdir(join(folder, stdout.trim()))).toContain(`${database}.tar.gz`);
});

test.each([
  {
    problem: "a container is missing",
    stubs: `docker() { if [ "$1 $2" = "container inspect" ]; then return 1; fi; command docker "$@"; }`,
    message: / finds no container \S+-database/,
  },
  {
    problem: "there is not enough space",
    stubs: `df() { printf 'Filesystem\\nx 1 1 0 100%% /\\n'; }`,
    message: /has 0 MiB free and the data may need \d+ MiB/,
  },
])("stops nothing when $problem", async ({ stubs, message }) => {
  const before = await inspect("{{.State.StartedAt}}");
  const { status, stderr } = await run(stubs);
  expect(status).toBe(1);
  expect(stderr).toMatch(message);
  expect(await inspect("{{.State.StartedAt}}")).toEqual(before);
});

test("stops nothing when the folder cannot be made", async () => {
  await writeFile(folder, "");
  const { status, stderr } = await run();
  expect(status).toBe(1);
  expect(stderr).toContain(`may not write to ${folder}`);
  expect(await inspect("{{.State.Running}}")).toEqual(allRunning);
});
