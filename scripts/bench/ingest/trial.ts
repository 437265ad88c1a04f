import { setTimeout } from "node:timers/promises";
import { exec } from "../../rehearsal/machines/machine";
import { figure } from "../figure";
import { type Fleet, Load, loadMonitor, type LoadTarget } from "./load";

/** The master that the load plays. */
export const master = "load-0";
const bucket = "prometheus";

/** A server under load. */
export interface IngestServer {
  /** The machine of the rehearsal that it runs on. */
  readonly machine: string;
  readonly target: LoadTarget;
  readonly org: string;
  /** A token that may read the bucket. */
  readonly readToken: string;
}

/** What became of a load. */
export interface Trial {
  /** What the server has said yes to. */
  readonly samples: number;
  readonly perSecond: number;
  /** Requests that were sent again, as the server did not take them. */
  readonly retries: number;
  /** Samples that are not stored, or more than once, and nodes whose values add up to something else. */
  readonly lost: number;
  /** Megabytes of each container in the course of the load. */
  readonly memory: ReadonlyMap<string, readonly number[]>;
}

/** A node of the load, as the settings have it. */
export interface LoadNode {
  readonly name: string;
  readonly host: string;
  readonly key: string;
  readonly hostKey: "unchecked";
  readonly mayBeOff: true;
  readonly master?: true;
  readonly scrapedBy?: string;
}

/** Nodes that only size the server: nothing connects to them. */
export function loadNodes(count: number, key: string): LoadNode[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `load-${index}`;
    return {
      name,
      host: `${name}.pi.test`,
      key,
      hostKey: "unchecked",
      mayBeOff: true,
      ...(name === master ? { master: true } : { scrapedBy: master }),
    };
  });
}

/** Plays the fleet while `meanwhile` happens, waits until all is stored, and counts. */
export async function tryLoad(
  server: IngestServer,
  fleet: Fleet,
  meanwhile: () => Promise<void>,
): Promise<Trial> {
  const from = new Date();
  const memory = new MemoryWatch(server.machine);
  const load = new Load(server.target, fleet);
  try {
    await meanwhile();
  } finally {
    await Promise.all([load.stop(), memory.stop()]);
  }
  const to = new Date();
  const samples = total([...load.sent.values()].map(({ count }) => count));
  // What is missing then is for the count to tell. Telegraf says it of itself every ten seconds, and holds samples back
  // for one.
  await untilTelegrafHasSent(server, 600, () => to.getTime() + 5000);
  // No value is 0, so that any sample that is missing shows in the sum; to count all takes as long again.
  const sums = await stored(server, from, to, "sum");
  let lost = 0;
  for (const [node, { count, sum }] of load.sent) {
    if (sums.get(node) !== sum) {
      const storedCount = (await stored(server, from, to, "count", node)).get(node) ?? 0;
      lost += Math.max(1, Math.abs(count - storedCount));
    }
  }
  return {
    samples,
    perSecond: samples / load.seconds,
    retries: load.retries,
    lost,
    memory: memory.used,
  };
}

/**
 * Stops InfluxDB for so long. How many seconds later everything that waited is sent, while load goes on. If that takes
 * longer than three times the limit, the wait ends, and that is the result.
 */
export async function takeInfluxDbAway(
  server: IngestServer,
  { awaySeconds, limitSeconds }: Readonly<Record<"awaySeconds" | "limitSeconds", number>>,
): Promise<number> {
  await exec(server.machine, ["docker", "stop", "influxdb"]);
  await setTimeout(awaySeconds * 1000);
  await exec(server.machine, ["docker", "start", "influxdb"]);
  return untilTelegrafHasSent(server, 3 * limitSeconds, () => Date.now() - 20_000);
}

/**
 * How many times as much memory as in the second third of the load a container had in the last one, at most: half of the
 * time it had less. What comes and goes, as with the run of a task, is no growth.
 */
export function memoryGrowth({ memory }: Trial): number {
  const growths = [...memory.values()].map((megabytes) => {
    const third = Math.floor(megabytes.length / 3);
    const usual = (from: number, to?: number): number => figure(megabytes.slice(from, to)).median;
    // What comes and goes is more than the whole of a small one.
    return (usual(2 * third) + 32) / (usual(third, 2 * third) + 32);
  });
  return Math.max(...growths);
}

/** The most memory that each container had, in megabytes. */
export function mostMemory({ memory }: Trial): [container: string, megabytes: number][] {
  return [...memory].map(([container, megabytes]) => [container, Math.max(...megabytes)]);
}

function total(values: readonly number[]): number {
  return values.reduce((sum, each) => sum + each, 0);
}

/**
 * Waits until InfluxDB has what Telegraf got by a time, in milliseconds, but no longer than the limit. How many seconds
 * that took.
 */
async function untilTelegrafHasSent(
  server: IngestServer,
  limitSeconds: number,
  by: () => number,
): Promise<number> {
  const begin = Date.now();
  const seconds = (): number => (Date.now() - begin) / 1000;
  // While it starts InfluxDB does not answer, and a look takes seconds while both cores are busy.
  const newest = (): Promise<Date> => newestOfTelegraf(server).catch(() => new Date(0));
  while (seconds() < limitSeconds && (await newest()).getTime() <= by()) {
    await setTimeout(1000);
  }
  return seconds();
}

/** Of each node, or of one, how many samples of the load InfluxDB has, or the sum of their values. */
async function stored(
  server: IngestServer,
  from: Date,
  to: Date,
  what: "count" | "sum",
  node?: string,
): Promise<Map<string, number>> {
  const rows = await query(
    server,
    `from(bucket: "${bucket}") |> range(start: ${from.toISOString()}, stop: ${to.toISOString()})
    |> filter(fn: (r) => r._measurement == "prometheus_remote_write" and r.monitor == "${loadMonitor}"${node === undefined ? "" : ` and r.node_name == "${node}"`})
    |> group(columns: ["node_name"]) |> ${what}()`,
  );
  return new Map(rows.map((row) => [row["node_name"] ?? "", Number(row["_value"])]));
}

/** The time of the newest that Telegraf says of itself: it waits in the same line as all else. */
async function newestOfTelegraf(server: IngestServer): Promise<Date> {
  const [row] = await query(
    server,
    `from(bucket: "${bucket}") |> range(start: -1h)
    |> filter(fn: (r) => r._measurement == "internal_write" and r._field == "buffer_size" and r.output == "influxdb_v2")
    |> group() |> last() |> keep(columns: ["_time"])`,
  );
  return new Date(row?.["_time"] ?? 0);
}

/** The rows that a query in Flux answers, from Grafana's container, as the dashboards ask. */
async function query(
  { machine, org, readToken }: IngestServer,
  flux: string,
): Promise<Record<string, string>[]> {
  const url = `http://influxdb:8086/api/v2/query?org=${encodeURIComponent(org)}`;
  const curl = ["curl", "-sS", "--fail-with-body", "-K", "-", "-H", "Content-Type: application/vnd.flux"];
  const words = ["docker", "exec", "-i", "grafana", ...curl, "--data-binary", flux, url];
  const answer = await exec(machine, words, `header = "Authorization: Token ${readToken}"\n`);
  const [header = "", ...rows] = answer.split("\r\n").filter((line) => line !== "");
  const columns = header.split(",");
  return rows.map((row) =>
    Object.fromEntries(row.split(",").map((each, index) => [columns[index] ?? "", each])),
  );
}

/** What the server's containers use of their memory, in megabytes, from its making on. */
class MemoryWatch {
  readonly used = new Map<string, number[]>();
  private stopping = false;
  private readonly running: Promise<void>;

  constructor(private readonly machine: string) {
    this.running = this.watch();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
  }

  private async watch(): Promise<void> {
    while (!this.stopping) {
      const format = "{{.Name}} {{.MemUsage}}";
      const lines = await exec(this.machine, ["docker", "stats", "--no-stream", "--format", format]);
      for (const line of lines.trim().split("\n")) {
        const [, name = "", amount, unit] = /^(\S+) ([\d.]+)([KMG])iB/.exec(line) ?? [];
        const megabytes = Number(amount) * (unit === "G" ? 1024 : unit === "M" ? 1 : 1 / 1024);
        this.used.set(name, [...(this.used.get(name) ?? []), megabytes]);
      }
      await setTimeout(5000);
    }
  }
}
