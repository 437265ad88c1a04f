import { $ as zx } from "zx";
import { sshMachineOf } from "../../components/node/nodeScript";
import { sudoersLine } from "../../components/machine/remoteScript";
import { sshCommand } from "../../components/machine/ssh";
import { exec } from "../../scripts/rehearsal/machines/machine";
import { openStack } from "../../scripts/rehearsal/openStack";
import type { Stack } from "../../scripts/stack/stack";
import { eventually } from "../support/eventually";
import { expectSuccess } from "../support/expectSuccess";
import { changeSetting, editSettings, farAwayTime, pis, readSetting } from "./support/rehearsal";

const $ = zx({ quiet: true, nothrow: true });

const machines = [...pis, "vps"];
const sudoers = "/etc/sudoers.d/pi";

let stack: Stack;
let before: string;

/** Not on standard input, which Docker 20.10 loses now and then when it ends at once. */
async function writeSudoers(machine: string, line: string): Promise<void> {
  await exec(machine, ["sh", "-c", 'printf "%s\\n" "$1" >"$2" && chmod 0440 "$2"', "sh", line, sudoers]);
}

async function deploy(): Promise<string> {
  const { exitCode, stdall } = await $`npm run --silent deploy -- dev --yes`;
  expectSuccess({ exitCode, stdall });
  return stdall;
}

async function expectWell(): Promise<void> {
  await eventually("a healthy system", 120, async () => {
    const { exitCode, stdall } = await $`npm run --silent doctor -- dev`;
    expectSuccess({ exitCode, stdall });
  });
}

beforeAll(async () => {
  const { exitCode, stdall } = await $`npm start -- --yes`;
  expectSuccess({ exitCode, stdall });
  stack = await openStack("dev");
  before = await exec("kube-0", ["cat", sudoers]);
  for (const machine of machines) {
    await writeSudoers(machine, sudoersLine("pi"));
    await exec(machine, ["visudo", "--check", "--strict"]);
  }
});

afterAll(async () => {
  for (const machine of machines) {
    await writeSudoers(machine, before.trim());
  }
});

test("the listed rights are these and no others", async () => {
  const { nodes } = await stack.settings();
  for (const node of nodes) {
    const run = async (...argv: string[]): Promise<number | null> =>
      (await $`${sshCommand(sshMachineOf(node), ...argv)} < /dev/null`).exitCode;
    expect(await run("true")).toBe(0);
    for (const verb of ["apply", "remove", "inspect"]) {
      expect(await run("sudo", "-n", "timeout", "900", "sh", "-s", "--", verb)).toBe(0);
    }
    expect(await run("sudo", "-n", "id")).toBe(1);
    expect(await run("sudo", "-n", "timeout", "900", "sh", "-s")).toBe(1);
    expect(await run("sudo", "-n", "timeout", "900", "sh", "-c", "id", "--", "apply")).toBe(1);
    expect(await run("sudo", "-n", "timeout", "900", "sh", "-s", "--", "apply", "more")).toBe(1);
  }
});

test("they suffice to set a node up, to look after it, and to undo it", async () => {
  const nodes = await readSetting<readonly object[]>("nodes");
  await editSettings("sshHost: 127.0.0.1", "sshHost: localhost");
  expect(await deploy()).toMatch(/~ 4 updated/);
  await expectWell();

  await changeSetting("nodes", () => nodes.slice(0, 2));
  await deploy();
  expect(
    await exec("kube-2", ["sh", "-c", "ls /etc/systemd/system/pi-monitoring-textfiles.timer || true"]),
  ).toBe("");
  await changeSetting("nodes", () => nodes);
  await deploy();
  await expectWell();
});

test("the server takes a user who may use Docker, and the same rights for the backup timer", async () => {
  await exec("vps", ["usermod", "--append", "--groups", "docker", "pi"]);
  await exec("vps", ["install", "--directory", "--owner=pi", "/var/backups/pi-monitoring"]);
  await changeSetting("vps", (vps: object) => ({ ...vps, user: "pi" }));
  await changeSetting("backup", () => ({ at: farAwayTime() }));
  try {
    expect(await deploy()).not.toMatch(/(Volume|Network) \S+ replaced/);
    await expectWell();
    expect(await exec("vps", ["systemctl", "is-active", "pi-monitoring-backup.timer"])).toBe("active\n");
    const { exitCode, stdall } = await $`npm run --silent rotate -- telegraf`;
    expectSuccess({ exitCode, stdall });
  } finally {
    await changeSetting("backup", () => undefined);
    await deploy();
    await changeSetting("vps", (vps: object) => ({ ...vps, user: "root" }));
    await deploy();
  }
});
