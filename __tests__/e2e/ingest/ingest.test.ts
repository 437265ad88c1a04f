// Runs only when it is named, see scripts/tools/suites.ts.
import { setTimeout } from "node:timers/promises";
import { $ } from "../../../scripts/cli/shell";
import { parseSeries, type Fleet } from "../../../scripts/bench/ingest/load";
import {
  loadNodes,
  master,
  memoryGrowth,
  takeInfluxDbAway,
  tryLoad,
  type IngestServer,
  type Trial,
} from "../../../scripts/bench/ingest/trial";
import { exec } from "../../../scripts/rehearsal/machines/machine";
import { ports } from "../../../scripts/rehearsal/instance";
import type { Stack } from "../../../scripts/stack/stack";
import { renderTable } from "../../../scripts/cli/table";
import { eventually } from "../../support/eventually";
import { pulumiOrFail, startRehearsal } from "../support/rehearsal";
import { changeSetting, readSetting } from "../support/settingsFile";

// A small version of the benchmark `npm run bench -- ingest`, which has ten times the load for ten times as long.
const fleetSize = 50;
const samplesPerSecond = 3000;
const loadSeconds = 60;
const awaySeconds = 20;
const limitSeconds = 300;

const { vpsHttps: httpsPort } = ports;

/** What this suite reads of a node in the settings. */
interface NodeSetting {
  readonly name: string;
  readonly key: string;
}

/** The rehearsal's nodes, without those of the load. */
let own: readonly NodeSetting[] | undefined;
let stack: Stack;
let server: IngestServer;
let fleet: Fleet;

beforeAll(async () => {
  stack = await startRehearsal();
  const nodes = await readSetting<readonly NodeSetting[]>("nodes");
  own = nodes;
  const [ownMaster = { name: "", key: "" }] = nodes;
  // The load adds a master. With two of them, each node must name its own.
  const assigned = nodes.map((node) => (node === ownMaster ? node : { ...node, scrapedBy: ownMaster.name }));
  await changeSetting("nodes", () => [...assigned, ...loadNodes(fleetSize, ownMaster.key)]);
  await pulumiOrFail(stack, "up", "--exclude", "**::load-*", "--exclude-dependents");
  const { urls, grafanaToken, ingestCredentials = {}, influxdb } = await stack.outputs();
  server = {
    machine: "vps",
    org: influxdb.org,
    readToken: grafanaToken,
    target: {
      url: new URL(urls.telegraf),
      address: { host: "127.0.0.1", port: httpsPort },
      certificate: await exec("kube-0", ["cat", "/etc/pi-monitoring/server-certificate.pem"]),
      credential: ingestCredentials[master] ?? "",
    },
  };
  // What a node really has: the same metrics with the same labels.
  const series = parseSeries(await exec("kube-1", ["curl", "-sS", "http://localhost:9100/metrics"]));
  expect(series.length).toBeGreaterThan(500);
  fleet = { nodes: loadNodes(fleetSize, "").map(({ host }) => host), series, samplesPerSecond };
});

afterAll(async () => {
  const nodes = own;
  if (nodes !== undefined) {
    await changeSetting("nodes", () => nodes);
    await pulumiOrFail(stack, "up");
  }
});

test(`${samplesPerSecond} samples a second are all stored, for ${loadSeconds} s`, async () => {
  const trial = await tryLoad(server, fleet, () => setTimeout(loadSeconds * 1000));
  expectNothingLost(trial);
  expect(memoryGrowth(trial)).toBeLessThan(1.25);
});

test(`no sample is lost while InfluxDB is away for ${awaySeconds} s, and what waits is sent within ${limitSeconds} s`, async () => {
  let drained = Number.NaN;
  const trial = await tryLoad(server, fleet, async () => {
    await setTimeout(10_000);
    drained = await takeInfluxDbAway(server, { awaySeconds, limitSeconds });
    await setTimeout(10_000);
  });
  console.log(`what waited was sent ${drained.toFixed(0)} s after InfluxDB was back, while load went on`);
  expect(drained).toBeLessThan(limitSeconds);
  expectNothingLost(trial);
});

test("the credential of the load's master is refused when that master is gone from the settings", async () => {
  const { url, credential } = server.target;
  const options = ["--resolve", `${url.hostname}:${httpsPort}:127.0.0.1`, "--insecure", "--data", "x"];
  const header = `Authorization: Bearer ${credential}`;
  const endpoint = `https://${url.hostname}:${httpsPort}${url.pathname}`;
  const status = async (): Promise<string> =>
    (await $`curl -sS -o /dev/null -w ${"%{http_code}"} ${options} -H ${header} ${endpoint}`).stdout;
  // The credential is accepted: it is Telegraf that refuses a text without samples.
  expect(await status()).toBe("400");
  await changeSetting("nodes", () => own);
  await pulumiOrFail(stack, "up");
  await eventually("the refusal of the old credential", 60, async () => {
    expect(await status()).toBe("401");
  });
});

/** Every sample that the server has said yes to is stored, once, with its value. */
function expectNothingLost({ samples, perSecond, retries, lost, memory }: Trial): void {
  const megabytes = [...memory].map(([container, values]) => [
    container,
    ...[values[0] ?? 0, Math.max(...values), values.at(-1) ?? 0].map((each) => each.toFixed(0)),
  ]);
  console.log(
    `${samples} samples, ${perSecond.toFixed(0)} a second; ${retries} requests were sent again; ${lost} lost\n` +
      renderTable(["container", "MB at first", "at most", "at last"], megabytes),
  );
  // A load that falls behind shows nothing.
  expect(perSecond).toBeGreaterThan(0.9 * samplesPerSecond);
  expect(lost).toBe(0);
}
