import { setTimeout } from "node:timers/promises";
import { $ as zx, retry } from "zx";
import { exec } from "../../../scripts/lab/machine";
import { openStack } from "../../../scripts/stack/openStack";
import type { Stack } from "../../../scripts/stack/stack";
import { renderTable } from "../../../scripts/terminal/progress";
import type { Labels } from "../../support/remoteWrite";
import { Load, loadMonitor, type LoadTarget, parseSeries, type Tally } from "../support/load";
import { changeSetting, query } from "../support/rehearsal";

const $ = zx({ quiet: true, nothrow: true });

/** As it stands in docs/fleets.md; else what CI has the time for. */
const full = process.env["PI_MONITORING_FULL"] === "true";
const fleetSize = full ? 1000 : 50;
const samplesPerSecond = full ? 30_000 : 3000;
const seconds = full ? 600 : 60;
const outageSeconds = full ? 120 : 20;
const drainSeconds = 300;

const master = "load-0";
const names = Array.from({ length: fleetSize }, (_, index) => `load-${index}`);
const hosts = names.map((name) => `${name}.pi.test`);
const httpsPort = 22443;

/** What this suite reads of a node in the settings. */
interface NodeSetting {
  readonly name: string;
  readonly key: string;
}

/** The rehearsal's nodes. */
let own: readonly NodeSetting[];
let stack: Stack;
let readToken: string;
let target: LoadTarget;
let series: Labels[];

async function up(...options: string[]): Promise<void> {
  const words = ["up", "--yes", "--non-interactive", "--skip-preview", ...options];
  const { exitCode, output } = await stack.capture(...words);
  if (exitCode !== 0) {
    throw new Error(output);
  }
}

beforeAll(async () => {
  const start = await $`npm start -- --yes`;
  if (start.exitCode !== 0) {
    throw new Error(start.stdall);
  }
  stack = await openStack("dev");
  // The nodes of the load are in the settings, so that the server is sized for them and accepts their master's
  // credential; nobody asks them anything.
  await changeSetting<readonly NodeSetting[]>("nodes", (nodes) => {
    own = nodes;
    const [first = { name: "", key: "" }] = nodes;
    const load = names.map((name, index) => ({
      name,
      host: hosts[index] ?? "",
      key: first.key,
      hostKey: "unchecked",
      mayBeOff: true,
      ...(name === master ? { master: true } : { scrapedBy: master }),
    }));
    return [...nodes.map((node) => (node === first ? node : { ...node, scrapedBy: first.name })), ...load];
  });
  await up("--exclude", "**::load-*", "--exclude-dependents");
  const { urls, grafanaToken, ingestCredentials = {} } = await stack.outputs();
  readToken = grafanaToken;
  target = {
    url: new URL(urls.telegraf),
    address: { host: "127.0.0.1", port: httpsPort },
    certificate: await exec("kube-0", ["cat", "/etc/prometheus/pi-monitoring/server-certificate.pem"]),
    credential: ingestCredentials[master] ?? "",
  };
  // What a node really has: the same metrics with the same labels.
  series = parseSeries(await exec("kube-1", ["curl", "-sS", "http://localhost:9100/metrics"]));
  expect(series.length).toBeGreaterThan(500);
});

test(`takes ${samplesPerSecond} samples a second for ${seconds} s, and loses none`, async () => {
  const from = new Date();
  const { load, memory } = await run(async () => {
    await setTimeout(seconds * 1000);
  });
  await expectNothingLost(load, from);
  memory.expectFlat();
});

test(`loses none while InfluxDB is away for ${outageSeconds} s, and sends what waits within ${drainSeconds} s`, async () => {
  const from = new Date();
  let drained = 0;
  const { load } = await run(async () => {
    await setTimeout(10_000);
    await exec("vps", ["docker", "stop", "influxdb"]);
    await setTimeout(outageSeconds * 1000);
    await exec("vps", ["docker", "start", "influxdb"]);
    const back = Date.now();
    await retry(drainSeconds, "1s", async () => {
      expect(await secondsBehind()).toBeLessThan(20);
    });
    drained = (Date.now() - back) / 1000;
    await setTimeout(10_000);
  });
  console.log(`what waited was sent ${drained.toFixed(0)} s after InfluxDB was back, while load went on`);
  expect(drained).toBeLessThan(drainSeconds);
  await expectNothingLost(load, from);
});

// It takes the load's nodes away, whatever became of the tests before.
test("refuses what the load was written with when its master is gone from the settings", async () => {
  const knock = ["--resolve", `${target.url.hostname}:${httpsPort}:127.0.0.1`, "--insecure", "--data", "x"];
  const header = `Authorization: Bearer ${target.credential}`;
  const status = async (): Promise<string> =>
    (
      await $`curl -sS -o /dev/null -w ${"%{http_code}"} ${knock} -H ${header} ${`https://${target.url.hostname}:${httpsPort}${target.url.pathname}`}`
    ).stdout;
  // What is no sample is refused by Telegraf alone.
  expect(await status()).toBe("400");
  await changeSetting("nodes", () => own);
  await up();
  await retry(20, "1s", async () => {
    expect(await status()).toBe("401");
  });
});

/** Plays the fleet while `meanwhile` happens, and shows what each container has of memory. */
async function run(meanwhile: () => Promise<void>): Promise<{ load: Load; memory: MemoryWatch }> {
  const memory = new MemoryWatch();
  const load = new Load(target, { nodes: hosts, series, samplesPerSecond });
  try {
    await meanwhile();
  } finally {
    await Promise.all([load.stop(), memory.stop()]);
  }
  console.log(memory.render());
  return { load, memory };
}

/** Every sample that the server has said yes to is stored, once, with its value. */
async function expectNothingLost(load: Load, from: Date): Promise<void> {
  const expected = [...load.sent.values()].reduce((total, { count }) => total + count, 0);
  // A load that falls behind shows nothing.
  expect(expected / load.seconds).toBeGreaterThan(0.9 * samplesPerSecond);
  const to = new Date();
  await retry(60, "5s", async () => {
    expect(total(await stored(from, to, "count"))).toBe(expected);
  });
  const [counts, sums] = [await stored(from, to, "count"), await stored(from, to, "sum")];
  const found = new Map<string, Tally>(
    [...counts].map(([node, count]) => [node, { count, sum: sums.get(node) ?? 0 }]),
  );
  expect(found).toEqual(load.sent);
  console.log(
    `${expected} samples of ${load.sent.size} nodes in ${load.seconds.toFixed(0)} s, ` +
      `${(expected / load.seconds).toFixed(0)} a second; ${load.retries} requests were sent again; none lost`,
  );
}

function total(values: ReadonlyMap<string, number>): number {
  return [...values.values()].reduce((sum, each) => sum + each, 0);
}

/** Of each node, how many samples of the load InfluxDB has, or the sum of their values. */
async function stored(from: Date, to: Date, what: "count" | "sum"): Promise<Map<string, number>> {
  const rows =
    await answerOf(`from(bucket: "prometheus") |> range(start: ${from.toISOString()}, stop: ${to.toISOString()})
    |> filter(fn: (r) => r._measurement == "prometheus_remote_write" and r.monitor == "${loadMonitor}")
    |> group(columns: ["node_name"]) |> ${what}()`);
  return new Map(rows.map((row) => [row["node_name"] ?? "", Number(row["_value"])]));
}

/** How old the newest is that Telegraf says of itself: it comes by the same way as all else. */
async function secondsBehind(): Promise<number> {
  const [row] = await answerOf(
    `from(bucket: "prometheus") |> range(start: -1h)
    |> filter(fn: (r) => r._measurement == "internal_write" and r._field == "buffer_size" and r.output == "influxdb_v2")
    |> group() |> last() |> keep(columns: ["_time"])`,
  );
  return (Date.now() - Date.parse(row?.["_time"] ?? "")) / 1000;
}

async function answerOf(flux: string): Promise<Record<string, string>[]> {
  const { status, body } = await query(readToken, flux);
  expect({ status, body }).toMatchObject({ status: 200 });
  const [header = "", ...rows] = body.split("\r\n").filter((line) => line !== "");
  const columns = header.split(",");
  return rows.map((row) =>
    Object.fromEntries(row.split(",").map((each, index) => [columns[index] ?? "", each])),
  );
}

/** What the server's containers use of their memory, in megabytes, from its making on. */
class MemoryWatch {
  private readonly used = new Map<string, number[]>();
  private stopping = false;
  private readonly running = this.watch();

  async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
  }

  render(): string {
    const rows = [...this.used].map(([container, values]) => {
      const megabytes = [values[0] ?? 0, Math.max(...values), values.at(-1) ?? 0];
      return [container, ...megabytes.map((each) => each.toFixed(0))];
    });
    return renderTable(["container", "MB at first", "at most", "at last"], rows);
  }

  /** In the last third nothing has more than in the second, but for what comes and goes. */
  expectFlat(): void {
    for (const [container, values] of this.used) {
      const third = Math.floor(values.length / 3);
      const most = (from: number, to?: number): number => Math.max(...values.slice(from, to));
      expect({ container, grows: most(2 * third) > 1.25 * most(third, 2 * third) + 32 }).toEqual({
        container,
        grows: false,
      });
    }
  }

  private async watch(): Promise<void> {
    while (!this.stopping) {
      const format = "{{.Name}} {{.MemUsage}}";
      const lines = await exec("vps", ["docker", "stats", "--no-stream", "--format", format]);
      for (const line of lines.trim().split("\n")) {
        const [, name = "", amount, unit] = /^(\S+) ([\d.]+)([KMG])iB/.exec(line) ?? [];
        const megabytes = Number(amount) * (unit === "G" ? 1024 : unit === "M" ? 1 : 1 / 1024);
        this.used.set(name, [...(this.used.get(name) ?? []), megabytes]);
      }
      await setTimeout(5000);
    }
  }
}
