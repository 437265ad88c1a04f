// Runs only when it is named, see scripts/tools/suites.ts.
import { sshMachineOf } from "../../components/node/sshMachine";
import { sudoersLine } from "../../components/machine/remoteScript";
import { sshCommand } from "../../components/machine/ssh";
import { $ } from "../../scripts/cli/shell";
import { exec } from "../../scripts/rehearsal/machines/machine";
import type { Stack } from "../../scripts/stack/stack";
import { runOrFail } from "../support/commands";
import { pis, shell } from "./support/machines";
import { deploy, expectHealthy, farAwayTime, startRehearsal } from "./support/rehearsal";
import { changeSetting, editSettings, readSetting } from "./support/settingsFile";

const machines = [...pis, "vps"];
const sudoers = "/etc/sudoers.d/pi";

let stack: Stack;
let before: string;

async function writeSudoers(machine: string, line: string): Promise<void> {
  await shell(machine, 'printf "%s\\n" "$1" >"$2" && chmod 0440 "$2"', line, sudoers);
}

beforeAll(async () => {
  stack = await startRehearsal();
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

test("sudo allows the three calls of the program and no others", async () => {
  const { nodes } = await stack.settings();
  for (const node of nodes) {
    const run = async (...argv: string[]): Promise<number | null> =>
      (await $({ nothrow: true })`${sshCommand(sshMachineOf(node), ...argv)} < /dev/null`).exitCode;
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

test("these rights suffice to set a node up, to examine it, and to remove it", async () => {
  // Another address runs every script once more: three of nodes, and the master's.
  await editSettings("sshHost: 127.0.0.1", "sshHost: localhost");
  const nodes = await readSetting<readonly object[]>("nodes");
  expect((await deploy()).output).toMatch(/~ 4 updated/);
  await expectHealthy(stack);

  await changeSetting("nodes", () => nodes.slice(0, 2));
  await deploy();
  expect(await shell("kube-2", "ls /etc/systemd/system/pi-monitoring-textfiles.timer || true")).toBe("");
  await changeSetting("nodes", () => nodes);
  await deploy();
  await expectHealthy(stack);
});

test("on the server, a user in the group docker suffices, with the same rights for the backup timer", async () => {
  await exec("vps", ["usermod", "--append", "--groups", "docker", "pi"]);
  await exec("vps", ["install", "--directory", "--owner=pi", "/var/backups/pi-monitoring"]);
  await changeSetting<object>("vps", (vps) => ({ ...vps, user: "pi" }));
  await changeSetting("backup", () => ({ at: farAwayTime() }));
  try {
    expect((await deploy()).output).not.toMatch(/(Volume|Network) \S+ replaced/);
    await expectHealthy(stack);
    expect(await exec("vps", ["systemctl", "is-active", "pi-monitoring-backup.timer"])).toBe("active\n");
    await runOrFail("rotate", ["telegraf"]);
  } finally {
    await changeSetting("backup", () => undefined);
    await deploy();
    await changeSetting<object>("vps", (vps) => ({ ...vps, user: "root" }));
    await deploy();
    await exec("vps", ["gpasswd", "--delete", "pi", "docker"]);
    await exec("vps", ["rm", "--recursive", "/var/backups/pi-monitoring"]);
  }
});
