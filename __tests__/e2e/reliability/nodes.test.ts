import { $ as zx } from "zx";
import { examine } from "../../../scripts/doctor/examination";
import { startMachines } from "../../../scripts/rehearsal/machines/machines";
import { containerOf, exec, waitForService } from "../../../scripts/rehearsal/machines/machine";
import { openStack } from "../../../scripts/rehearsal/openStack";
import { eventually } from "../../support/eventually";
import { expectSuccess } from "../../support/expectSuccess";
import { changeSetting, editSettings, pis, readSetting } from "../support/rehearsal";

const $ = zx({ quiet: true, nothrow: true });

interface Deployment {
  readonly exitCode: number;
  readonly output: string;
  readonly seconds: number;
}

async function deploy(...options: string[]): Promise<Deployment> {
  const begin = Date.now();
  const { exitCode, stdall } = await $`npm run --silent deploy -- dev --yes ${options}`;
  return { exitCode: exitCode ?? 1, output: stdall, seconds: (Date.now() - begin) / 1000 };
}

/** What is wrong with the nodes. */
async function troubles(): Promise<string[]> {
  const { findings } = await examine(await openStack("dev"));
  return findings
    .filter(({ subject }) => pis.some((pi) => pi === subject))
    .map(({ subject, problem }) => `${subject}: ${problem}`);
}

async function expectWell(): Promise<void> {
  await eventually("healthy nodes", 120, async () => {
    expect(await troubles()).toEqual([]);
  });
}

/** Where the nodes are reached in turn: another address runs every script on them once more. */
const addresses = ["127.0.0.1", "localhost"];

async function changeEveryNode(): Promise<void> {
  const [now = "", next = ""] = addresses;
  await editSettings(`sshHost: ${now}`, `sshHost: ${next}`);
  addresses.reverse();
}

beforeAll(async () => {
  const start = await $`npm start -- --yes`;
  expect(start.exitCode).toBe(0);
});

describe("a node that is off", () => {
  let withoutIt: number;

  beforeAll(async () => {
    await changeEveryNode();
    const { exitCode, output, seconds } = await deploy();
    expectSuccess({ exitCode, output });
    withoutIt = seconds;
  });

  test.each([
    ["does not answer", "stop", "start"],
    ["has hung", "pause", "unpause"],
  ])("and %s holds nobody up, is named, and is completed when it is back", async (_, off, on) => {
    await $`docker ${off} ${containerOf("kube-1")}`;
    try {
      await changeEveryNode();
      const { exitCode, output, seconds } = await deploy();
      console.log(`with kube-1 off ${seconds.toFixed(0)} s, without ${withoutIt.toFixed(0)} s`);
      expect(exitCode).not.toBe(0);
      expect(output).toContain("kube-1 is left out, as it cannot be reached: ");
      expect(output).not.toMatch(/kube-[02]-\S+ .*failed/);
      expect(seconds).toBeLessThan(withoutIt + 30);
    } finally {
      await $`docker ${on} ${containerOf("kube-1")}`;
      await waitForService("kube-1", "ssh");
    }
    const next = await deploy();
    expectSuccess({ exitCode: next.exitCode, output: next.output });
    expect(next.output).toMatch(/~ 1 updated/);
    await expectWell();
  });
});

test("a node with a new SD card is found, and set up by one command", async () => {
  await $`docker rm --force --volumes ${containerOf("kube-1")}`;
  await startMachines({ report: () => undefined, confirm: () => Promise.resolve(true) });
  await eventually("the finding of a new SD card", 80, async () => {
    expect(await troubles()).toContain("kube-1: nothing is set up on it, as after a new SD card");
  });
  const { exitCode, output } = await deploy("--forget", "kube-1");
  expectSuccess({ exitCode, output });
  await expectWell();
});

test("a node that never comes back is removed by a line less and one command", async () => {
  const nodes = await readSetting<readonly object[]>("nodes");
  await $`docker stop ${containerOf("kube-2")}`;
  await changeSetting("nodes", () => nodes.slice(0, 2));
  const removed = await deploy("--forget", "kube-2");
  expectSuccess({ exitCode: removed.exitCode, output: removed.output });
  expect(await exec("kube-0", ["cat", "/etc/pi-monitoring/prometheus.yml"])).not.toContain("kube-2");
  await expectWell();

  await $`docker start ${containerOf("kube-2")}`;
  await waitForService("kube-2", "ssh");
  await changeSetting("nodes", () => nodes);
  const added = await deploy();
  expectSuccess({ exitCode: added.exitCode, output: added.output });
  await expectWell();
});
