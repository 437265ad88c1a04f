import { $ } from "../../../scripts/cli/shell";
import { containerOf, exec, waitForService } from "../../../scripts/rehearsal/machines/machine";
import type { Stack } from "../../../scripts/stack/stack";
import { run } from "../../support/commands";
import { eventually } from "../../support/eventually";
import { query, rowsOf } from "../support/influx";
import { docker } from "../support/machines";
import { deploy, startRehearsal } from "../support/rehearsal";
import { changeSetting, readSetting } from "../support/settingsFile";

/** What this suite reads of a node in the settings. */
interface NodeSetting {
  readonly name: string;
}

let stack: Stack;
/** The nodes of the rehearsal, with one master. */
let nodesBefore: readonly NodeSetting[] | undefined;
/** The ingest credentials by master, before one of them is replaced. */
let credentials: Readonly<Record<string, string>>;

/** How many credentials of each master the portal accepts. */
async function acceptedCredentials(): Promise<Record<string, number>> {
  // Each credential has a file `MASTER.HASH.conf`.
  const files = await docker("exec", "https-portal", "ls", "/var/lib/https-portal/ingest");
  const owners = files.split("\n").map((file) => file.split(".")[0] ?? "");
  return Object.fromEntries(owners.map((owner) => [owner, owners.filter((each) => each === owner).length]));
}

/** The status of the answer to a write with this credential, which curl gets on its standard input. */
async function statusOfWrite(credential: string | undefined): Promise<string> {
  expect(credential).toMatch(/./);
  const configuration = `header = "Authorization: Bearer ${credential ?? ""}"\n`;
  const curl = ["curl", "-sS", "--max-time", "20", "-o", "/dev/null", "-w", "%{http_code}", "-K", "-"];
  const certificate = ["--cacert", "/etc/pi-monitoring/server-certificate.pem"];
  const url = "https://telegraf.pi.test/telegraf";
  return exec("kube-0", [...curl, ...certificate, "--data", "x", url], configuration);
}

/** This answer is Telegraf's, which cannot read "x". */
const accepted = "400";

/** Waits until the samples of the last 15 s are of exactly these jobs and nodes, each `JOB NODE_NAME`. */
async function expectNewestSamples(expected: readonly string[]): Promise<void> {
  const { grafanaToken } = await stack.outputs();
  const newest = `from(bucket: "prometheus") |> range(start: -15s) |> filter(fn: (r) => r._field == "up")
    |> group(columns: ["job", "node_name"]) |> last() |> keep(columns: ["job", "node_name"]) |> group()`;
  await eventually(`samples from ${expected.join(", ")}`, 60, async () => {
    const { body } = await query(grafanaToken, newest);
    const seen = rowsOf(body).map(({ job = "", node_name: node = "" }) => `${job} ${node}`);
    expect(seen.sort()).toEqual([...expected].sort());
  });
}

beforeAll(async () => {
  stack = await startRehearsal();
  const nodes = await readSetting<readonly NodeSetting[]>("nodes");
  nodesBefore = nodes;
  await changeSetting("nodes", () =>
    nodes.map((node) => ({
      ...node,
      ...(node.name === "kube-2" ? { master: true } : node.name === "kube-1" ? { scrapedBy: "kube-0" } : {}),
    })),
  );
  await deploy();
  credentials = (await stack.outputs()).ingestCredentials ?? {};
});

afterAll(async () => {
  // Unset if the rehearsal did not start; nothing has changed then.
  if (nodesBefore === undefined) {
    return;
  }
  await $`docker start ${containerOf("kube-2")}`;
  await waitForService("kube-2", "ssh");
  await changeSetting("nodes", () => nodesBefore);
  await deploy();
  expect(await acceptedCredentials()).toEqual({ "kube-0": 1 });
});

test("each master sends itself and its nodes, with a credential of its own", async () => {
  await expectNewestSamples([
    "node kube-0.local",
    "node kube-1.local",
    "node kube-2.local",
    "prometheus kube-0.local",
    "prometheus kube-2.local",
  ]);
  const targetsOf = async (master: string): Promise<readonly string[]> =>
    (await exec(master, ["cat", "/etc/pi-monitoring/prometheus.yml"])).match(/kube-\d\.local:\d+/g) ?? [];
  expect(await targetsOf("kube-2")).toEqual(["kube-2.local:9090", "kube-2.local:9100"]);
  // A sample does not say which master has sent it.
  expect(await targetsOf("kube-0")).not.toContain("kube-2.local:9100");
  expect(Object.keys(credentials)).toEqual(["kube-0", "kube-2"]);
  expect(new Set(Object.values(credentials)).size).toBe(2);
  expect(await acceptedCredentials()).toEqual({ "kube-0": 1, "kube-2": 1 });
});

test("a master that is off keeps its old credential, and delays no revocation of another", async () => {
  await $`docker stop ${containerOf("kube-2")}`;
  const { exitCode, output } = await run("rotate", ["ingest"]);
  expect(exitCode).not.toBe(0);
  expect(output).toContain("kube-2 is left out, as it cannot be reached: ");
  expect(await acceptedCredentials()).toEqual({ "kube-0": 1, "kube-2": 2 });
});

test("a stolen master can write nothing after a deploy without it", async () => {
  // It is off already, unless this test runs alone.
  await $`docker stop ${containerOf("kube-2")}`;
  expect(await statusOfWrite(credentials["kube-2"])).toBe(accepted);
  const { ingestCredentials = {} } = await stack.outputs();
  const revoked = [credentials["kube-2"], ingestCredentials["kube-2"]];
  await changeSetting("nodes", () => nodesBefore?.filter(({ name }) => name !== "kube-2"));
  const { exitCode } = await run("deploy", ["dev", "--yes"]);
  // The master itself cannot be reached to remove what was set up there.
  expect(exitCode).not.toBe(0);
  expect(await acceptedCredentials()).toEqual({ "kube-0": 1 });
  for (const credential of revoked) {
    // After a reload, nginx keeps old workers for up to a minute.
    await eventually("the refusal of a revoked credential", 60, async () => {
      expect(await statusOfWrite(credential)).toBe("401");
    });
  }
  expect(await statusOfWrite((await stack.outputs()).ingestCredentials?.["kube-0"])).toBe(accepted);
  await expectNewestSamples(["node kube-0.local", "node kube-1.local", "prometheus kube-0.local"]);
});
