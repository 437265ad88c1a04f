import { $ } from "../../../scripts/cli/shell";
import { examine } from "../../../scripts/doctor/examination";
import { startMachines } from "../../../scripts/rehearsal/machines/machines";
import { containerOf, exec, waitForService } from "../../../scripts/rehearsal/machines/machine";
import type { Stack } from "../../../scripts/stack/stack";
import { run, runOrFail } from "../../support/commands";
import { eventually } from "../../support/eventually";
import { deploy, expectHealthy, preparation, startRehearsal } from "../support/rehearsal";
import { changeSetting, editSettings, readSetting } from "../support/settingsFile";

let stack: Stack;

/** Two addresses of the same nodes, by turns: with another address, every script runs once more. */
const addresses = ["127.0.0.1", "localhost"];

async function changeEveryNode(): Promise<void> {
  const [now = "", next = ""] = addresses;
  await editSettings(`sshHost: ${now}`, `sshHost: ${next}`);
  addresses.reverse();
}

beforeAll(async () => {
  stack = await startRehearsal();
});

describe("a node that is off", () => {
  let withoutIt: number;

  beforeAll(async () => {
    await changeEveryNode();
    withoutIt = (await deploy()).seconds;
  });

  test.each([
    { state: "does not answer", off: "stop", on: "start" },
    { state: "has hung", off: "pause", on: "unpause" },
  ])("that $state delays no deploy, is named, and is completed when it is back", async ({ off, on }) => {
    await $`docker ${off} ${containerOf("kube-1")}`;
    try {
      await changeEveryNode();
      const { exitCode, output, seconds } = await run("deploy", ["dev", "--yes"]);
      console.log(`with kube-1 off ${seconds.toFixed(0)} s, without ${withoutIt.toFixed(0)} s`);
      expect(exitCode).not.toBe(0);
      expect(output).toContain("kube-1 is left out, as it cannot be reached: ");
      expect(output).not.toMatch(/kube-[02]-\S+ .*failed/);
      expect(seconds).toBeLessThan(withoutIt + 30);
    } finally {
      await $`docker ${on} ${containerOf("kube-1")}`;
      await waitForService("kube-1", "ssh");
    }
    expect((await deploy()).output).toMatch(/~ 1 updated/);
    await expectHealthy(stack);
  });

  test("is no obstacle to a rotation, as it has no credential", async () => {
    await $`docker stop ${containerOf("kube-1")}`;
    try {
      const { output } = await runOrFail("rotate", ["grafana-admin"]);
      expect(output).toContain("kube-1 is left out, as it cannot be reached: ");
      expect(output).toMatch(/grafanaAdmin +│ works +│ is refused/);
    } finally {
      await $`docker start ${containerOf("kube-1")}`;
      await waitForService("kube-1", "ssh");
    }
  });
});

test("a node with a new SD card is found, and set up by one command", async () => {
  await $`docker rm --force --volumes ${containerOf("kube-1")}`;
  await startMachines(preparation);
  await eventually("the finding of a new SD card", 80, async () => {
    expect((await examine(stack)).findings).toContainEqual(
      expect.objectContaining({
        subject: "kube-1",
        problem: "nothing is set up on it, as after a new SD card",
      }),
    );
  });
  await deploy("--forget", "kube-1");
  await expectHealthy(stack);
});

test("a node that never comes back is removed by deleting its line and one command", async () => {
  const nodes = await readSetting<readonly object[]>("nodes");
  await $`docker stop ${containerOf("kube-2")}`;
  await changeSetting("nodes", () => nodes.slice(0, 2));
  await deploy("--forget", "kube-2");
  expect(await exec("kube-0", ["cat", "/etc/pi-monitoring/prometheus.yml"])).not.toContain("kube-2");
  await expectHealthy(stack);

  await $`docker start ${containerOf("kube-2")}`;
  await waitForService("kube-2", "ssh");
  await changeSetting("nodes", () => nodes);
  await deploy();
  await expectHealthy(stack);
});
