// Runs only when it is named, see scripts/tools/suites.ts.
import { $ } from "../../../scripts/cli/shell";
import type { SshMachine } from "../../../components/machine/ssh";
import { readMachineFacts } from "../../../scripts/init/machine/machineFacts";
import { serverMistakes } from "../../../scripts/init/checks/requirements";
import { checkout } from "../../../scripts/rehearsal/machines/machines";
import { containerOf, labels, network } from "../../../scripts/rehearsal/machines/machine";
import type { Stack } from "../../../scripts/stack/stack";
import { eventually } from "../../support/eventually";
import { query } from "../support/influx";
import { pis, shell } from "../support/machines";
import { deploy, expectHealthy, pulumiOrFail, startRehearsal } from "../support/rehearsal";
import { changeSetting, readSetting } from "../support/settingsFile";

/** A network beside that of the rehearsal, in which every machine has an IPv6 address. */
const ipv6Network = `${network}-ipv6`;
const machines = ["vps", ...pis] as const;

let stack: Stack;
let addresses: Readonly<Record<(typeof machines)[number], string>>;

async function addressOf(machine: string): Promise<string> {
  const format = `{{(index .NetworkSettings.Networks "${ipv6Network}").GlobalIPv6Address}}`;
  return (await $`docker inspect --format ${format} ${containerOf(machine)}`).stdout.trim();
}

/** Removes the network if there is one. */
async function removeNetwork(): Promise<void> {
  const { stdout } = await $`docker network ls --quiet --filter ${`name=^${ipv6Network}$`}`;
  if (stdout.trim() === "") {
    return;
  }
  for (const machine of machines) {
    // Not every machine is in it after a run that was killed.
    await $({ nothrow: true })`docker network disconnect ${ipv6Network} ${containerOf(machine)}`;
  }
  await $`docker network rm ${ipv6Network}`;
}

beforeAll(async () => {
  stack = await startRehearsal();
  // That of a run that was killed.
  await removeNetwork();
  await $`docker network create --ipv6 --subnet fd00:db8:6::/64 ${labels(checkout)} ${ipv6Network}`;
  for (const machine of machines) {
    await $`docker network connect ${ipv6Network} ${containerOf(machine)}`;
  }
  const entries = machines.map(async (machine) => [machine, await addressOf(machine)] as const);
  addresses = Object.fromEntries(await Promise.all(entries)) as typeof addresses;
  const vps = await readSetting<SshMachine>("vps");
  await changeSetting("vps", () => ({ ...vps, host: addresses.vps, port: 22 }));
  const nodes = await readSetting<readonly { name: (typeof pis)[number] }[]>("nodes");
  await changeSetting("nodes", () =>
    nodes.map((node) => ({ ...node, host: addresses[node.name], sshHost: undefined, sshPort: undefined })),
  );
});

afterAll(async () => {
  // The last test removes the VPS's IPv4 addresses; it has them again when it starts.
  await $`docker restart ${containerOf("vps")}`;
  // Before the IPv6 addresses are gone: the state has them, and `npm start` refreshes what is there.
  await startRehearsal();
  await removeNetwork();
});

test("the VPS and the nodes are set up by their IPv6 addresses, and doctor finds nothing", async () => {
  await deploy();
  await expectHealthy(stack);
});

test("the samples have the IPv6 address of their node as `instance`", async () => {
  const { grafanaToken } = await stack.outputs();
  const instances = `from(bucket: "prometheus") |> range(start: -15s) |> filter(fn: (r) => r._field == "node_load1")
    |> group() |> distinct(column: "instance") |> keep(columns: ["_value"])`;
  await eventually("samples of every node", 90, async () => {
    const { body } = await query(grafanaToken, instances);
    expect(body.match(/\[[0-9a-f:]+\]:\d+/g)?.sort()).toEqual(
      pis.map((pi) => `[${addresses[pi]}]:9100`).sort(),
    );
  });
});

test("there is nothing to change the second time, also after a refresh", async () => {
  await pulumiOrFail(stack, "up", "--refresh", "--expect-no-changes");
});

test("the checks of `init` report one mistake for a VPS without IPv4", async () => {
  const { vps } = await stack.settings();
  if (vps === "local") {
    throw new Error("The rehearsal's server is a VPS.");
  }
  expect(serverMistakes(await readMachineFacts(vps, "server"), vps)).toEqual([]);
  await shell("vps", "set -e; for each in eth0 eth1; do ip -4 address flush dev $each; done");
  expect(serverMistakes(await readMachineFacts(vps, "server"), vps)).toEqual([
    expect.stringContaining("has no IPv4 connection to the internet"),
  ]);
});
