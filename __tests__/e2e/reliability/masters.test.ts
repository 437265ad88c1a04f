import { $ } from "../../../scripts/cli/shell";
import { containerOf, exec, waitForService } from "../../../scripts/rehearsal/machines/machine";
import type { Stack } from "../../../scripts/stack/stack";
import { run } from "../../support/commands";
import { eventually } from "../../support/eventually";
import { query, rowsOf } from "../support/influx";
import { docker } from "../support/machines";
import { deploy, startRehearsal } from "../support/rehearsal";
import { changeSetting } from "../support/settingsFile";

/** What this suite reads of a node in the settings. */
interface NodeSetting {
  readonly name: string;
}

let stack: Stack;
/** The nodes of the rehearsal, with one master. */
let own: readonly NodeSetting[];

/** How many credentials of each master the portal accepts. */
async function accepted(): Promise<Record<string, number>> {
  const files = await docker("exec", "https-portal", "ls", "/var/lib/https-portal/ingest");
  const masters = files.split("\n").map((file) => file.split(".")[0] ?? "");
  return Object.fromEntries(
    masters.map((master) => [master, masters.filter((each) => each === master).length]),
  );
}

/** Which nodes each master has sent samples of, in the last seconds. */
async function expectSenders(expected: readonly string[]): Promise<void> {
  const { grafanaToken } = await stack.outputs();
  const newest = `from(bucket: "prometheus") |> range(start: -15s) |> filter(fn: (r) => r._field == "up")
    |> group(columns: ["job", "node_name"]) |> last() |> keep(columns: ["job", "node_name"]) |> group()`;
  await eventually(`samples from ${expected.join(", ")}`, 60, async () => {
    const { body } = await query(grafanaToken, newest);
    const senders = rowsOf(body).map(({ job = "", node_name: node = "" }) => `${job} ${node}`);
    expect(senders.sort()).toEqual([...expected].sort());
  });
}

beforeAll(async () => {
  stack = await startRehearsal();
  await changeSetting<readonly NodeSetting[]>("nodes", (nodes) => {
    own = nodes;
    return nodes.map(({ name, ...node }) => ({
      name,
      ...node,
      ...(name === "kube-2" ? { master: true } : name === "kube-1" ? { scrapedBy: "kube-0" } : {}),
    }));
  });
  await deploy();
});

afterAll(async () => {
  await $`docker start ${containerOf("kube-2")}`;
  await waitForService("kube-2", "ssh");
  await changeSetting("nodes", () => own);
  await deploy();
  expect(await accepted()).toEqual({ "kube-0": 1 });
});

test("each master sends itself and its nodes, with a credential of its own", async () => {
  await expectSenders([
    "node kube-0.local",
    "node kube-1.local",
    "node kube-2.local",
    "prometheus kube-0.local",
    "prometheus kube-2.local",
  ]);
  const configuration = await exec("kube-2", ["cat", "/etc/pi-monitoring/prometheus.yml"]);
  expect(configuration.match(/kube-\d\.local:\d+/g)).toEqual(["kube-2.local:9090", "kube-2.local:9100"]);
  const { ingestCredentials = {} } = await stack.outputs();
  expect(Object.keys(ingestCredentials)).toEqual(["kube-0", "kube-2"]);
  expect(new Set(Object.values(ingestCredentials)).size).toBe(2);
  expect(await accepted()).toEqual({ "kube-0": 1, "kube-2": 1 });
});

test("a master that is off keeps its old credential, and delays no revocation of another", async () => {
  await $`docker stop ${containerOf("kube-2")}`;
  const { exitCode, output } = await run("rotate", ["ingest"]);
  expect(exitCode).not.toBe(0);
  expect(output).toContain("kube-2 is left out, as it cannot be reached: ");
  expect(await accepted()).toEqual({ "kube-0": 1, "kube-2": 2 });
});

test("a stolen master can write nothing after a deploy without it", async () => {
  await changeSetting("nodes", () => own.filter(({ name }) => name !== "kube-2"));
  const { exitCode } = await run("deploy", ["dev", "--yes"]);
  // The master itself cannot be reached to remove what was set up there.
  expect(exitCode).not.toBe(0);
  expect(await accepted()).toEqual({ "kube-0": 1 });
  await expectSenders(["node kube-0.local", "node kube-1.local", "prometheus kube-0.local"]);
});
