import { sleep } from "zx";
import { exec } from "../../../scripts/rehearsal/machines/machine";
import type { Stack } from "../../../scripts/stack/stack";
import { eventually } from "../../support/eventually";
import { query, rowsOf } from "./influx";
import { hosts, pis } from "./machines";

const master = "kube-0";

/** A counter that every node has once, and that each scrape finds larger. */
const counter = "node_context_switches_total";

/** Values by `HOST MILLISECONDS`, such as `kube-0.local 1764000000123`. */
type Samples = ReadonlyMap<string, number>;

interface Series {
  readonly metric: { readonly node_name: string };
  readonly values: readonly (readonly [seconds: number, value: string])[];
}

/** The samples of the counter that Prometheus has scraped, from `from` to just before `to`. */
export async function scraped(from: Date, to: Date): Promise<Samples> {
  const range = Math.ceil((to.getTime() - from.getTime()) / 1000);
  const expression = `query=${counter}{job="node"}[${range}s]`;
  const url = `http://localhost:9090/api/v1/query?time=${to.getTime() / 1000}`;
  const answer = JSON.parse(await exec(master, ["curl", "-sSG", "--data-urlencode", expression, url])) as {
    data: { result: Series[] };
  };
  return new Map(
    answer.data.result.flatMap(({ metric, values }) =>
      values
        .map(([seconds, value]) => [Math.round(seconds * 1000), value] as const)
        // A range has whole seconds, and its end is in it, which InfluxDB's is not.
        .filter(([time]) => time >= from.getTime() && time < to.getTime())
        .map(([time, value]) => [`${metric.node_name} ${time}`, Number(value)] as const),
    ),
  );
}

/** The samples of the counter in InfluxDB, a row for each, so that one that is stored twice shows. */
export async function stored(token: string, from: Date, to: Date): Promise<(readonly [string, number])[]> {
  const { status, body } = await query(
    token,
    `from(bucket: "prometheus") |> range(start: ${from.toISOString()}, stop: ${to.toISOString()})
      |> filter(fn: (r) => r._field == "${counter}") |> group() |> keep(columns: ["_time", "_value", "node_name"])`,
  );
  expect({ status, body }).toMatchObject({ status: 200 });
  return rowsOf(body).map(({ node_name: node = "", _time: time = "", _value: value }) => [
    `${node} ${Date.parse(time)}`,
    Number(value),
  ]);
}

/**
 * Every sample that Prometheus has scraped between two times is stored, with its value, once.
 *
 * @param scrapeSeconds the time between two scrapes of a node
 * @returns how many that were
 */
export async function expectNothingLost(
  token: string,
  from: Date,
  to: Date,
  scrapeSeconds: number,
): Promise<number> {
  // A scrape has the time of its beginning. Prometheus has its samples when it has ended, so the last ones come after `to`.
  await sleep(2000);
  const expected = await scraped(from, to);
  // A busy machine misses a scrape now and then.
  const scrapes = (to.getTime() - from.getTime()) / (1000 * scrapeSeconds);
  expect(expected.size).toBeGreaterThan(0.8 * pis.length * scrapes);
  const rows = await eventually(`all samples of the ${pis.length} nodes`, 150, async () => {
    const found = await stored(token, from, to);
    const times = new Set(found.map(([time]) => time));
    const missing = [...expected.keys()].filter((key) => !times.has(key));
    if (missing.length > 0) {
      throw new Error(
        `${missing.length} of ${expected.size} samples from ${from.toISOString()} to ${to.toISOString()} are missing: ` +
          `${describeMissing(missing)}. Requests that Prometheus has dropped:\n${await droppedRequests(from)}`,
      );
    }
    return found;
  });
  expect(rows.length).toBe(expected.size);
  expect(new Map(rows)).toEqual(expected);
  return expected.size;
}

/** Causes a fault between healthy seconds, at a scrape a second, and finds every sample afterwards. */
export async function expectNothingLostIn(stack: Stack, fault: () => Promise<void>): Promise<void> {
  const from = new Date();
  await sleep(5000);
  await fault();
  await sleep(5000);
  const to = new Date();
  const { grafanaToken } = await stack.outputs();
  const count = await expectNothingLost(grafanaToken, from, to, 1);
  console.log(
    `${((to.getTime() - from.getTime()) / 1000).toFixed(0)} s, ${count} samples of the counter, none lost`,
  );
}

/** The longest time in seconds without a scrape of a node, between two times. */
export async function longestGap(from: Date, to: Date): Promise<number> {
  const keys = [...(await scraped(from, to)).keys()];
  const gaps = hosts.flatMap((host) => {
    const own = timesOf(keys, host).sort((a, b) => a - b);
    const times = [from.getTime(), ...own, to.getTime()];
    return times.slice(1).map((time, index) => time - (times[index] ?? 0));
  });
  return Math.max(...gaps) / 1000;
}

/** The host in a key of `Samples`. */
export function hostOf(key: string): string {
  return key.split(" ")[0] ?? "";
}

/** The times in the keys of a host, in milliseconds. */
function timesOf(keys: readonly string[], host: string): number[] {
  return keys.filter((key) => hostOf(key) === host).map((key) => Number(key.split(" ")[1]));
}

/** The first and the last missing sample of each node. */
function describeMissing(missing: readonly string[]): string {
  return hosts
    .map((host) => {
      const times = timesOf(missing, host);
      return times.length === 0
        ? `none of ${host}`
        : `${times.length} of ${host} from ${new Date(Math.min(...times)).toISOString()} to ${new Date(Math.max(...times)).toISOString()}`;
    })
    .join(", ");
}

/**
 * The last requests since a time that Prometheus, ours or that of release 0.1.0, has dropped, as it does after an answer of
 * 4xx.
 */
async function droppedRequests(from: Date): Promise<string> {
  const since = `--since @${Math.floor(from.getTime() / 1000)}`;
  const script = `journalctl ${since} --unit pi-monitoring-prometheus --unit prometheus | grep non-recoverable | tail --lines 5`;
  return exec(master, ["sh", "-c", script]);
}
