import "../packages";
import { compress } from "snappy";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { setTimeout } from "node:timers/promises";
import { encodeLabels, encodeRequest, encodeSeries, type Labels } from "./remoteWrite";

/** As a master's Prometheus is sized: docs/fleets.md. */
const shards = 8;
const samplesPerSend = 2000;

/** How long a shard waits for a whole request, in milliseconds: Prometheus's own default. */
const sendDeadline = 5000;

export interface LoadTarget {
  /** The remote-write endpoint. */
  readonly url: URL;
  /** Where it really is. */
  readonly address: { readonly host: string; readonly port: number };
  /** The certificate to trust, in PEM. */
  readonly certificate: string;
  readonly credential: string;
}

export interface Fleet {
  /** The `node_name` of each. */
  readonly nodes: readonly string[];
  /** What a scrape of each of them finds. */
  readonly series: readonly Labels[];
  readonly samplesPerSecond: number;
}

/** The label `monitor` of all samples of a fleet. */
export const loadMonitor = "load";

/** What became of a node's samples. */
export interface Tally {
  readonly count: number;
  readonly sum: number;
}

/** A node's scrape, as it waits in a shard. */
interface Scrape {
  readonly node: number;
  /** How many there were of the node before. */
  readonly cycle: number;
  /** In milliseconds; all samples of a scrape have it. */
  readonly time: number;
}

/**
 * Plays the Prometheus of a master that scrapes a fleet: over the real protocol, each series by one of as many shards, a
 * request of a shard at a time, and sent again as often as Prometheus would.
 */
export class Load {
  /** Of each node, what the server has said yes to. */
  readonly sent = new Map<string, Tally>();
  /** Requests that were sent again, as the server did not take them. */
  retries = 0;
  /** From the first scrape until all was sent. */
  seconds = 0;
  private stopping = false;
  private readonly queues: readonly Scrape[][] = Array.from({ length: shards }, () => []);
  private readonly agent = new Agent({ keepAlive: true, maxSockets: shards });
  private readonly labels: readonly (readonly Uint8Array[])[];
  private readonly running: Promise<unknown>;

  constructor(
    private readonly target: LoadTarget,
    private readonly fleet: Fleet,
  ) {
    this.labels = fleet.nodes.map((node) =>
      fleet.series.map((series) =>
        encodeLabels({
          ...series,
          instance: `${node}:9100`,
          job: "node",
          monitor: loadMonitor,
          node_name: node,
        }),
      ),
    );
    const begin = Date.now();
    this.running = Promise.all([
      this.scrape(),
      ...this.queues.map((queue, shard) => this.send(queue, shard)),
    ]).then(() => {
      this.seconds = (Date.now() - begin) / 1000;
    });
  }

  /** Ends when everything that was scraped is sent. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
    this.agent.destroy();
  }

  /** One node after the other, evenly over the time. */
  private async scrape(): Promise<void> {
    const { nodes, series, samplesPerSecond } = this.fleet;
    const begin = Date.now();
    let scrapes = 0;
    while (!this.stopping) {
      const due = Math.floor((((Date.now() - begin) / 1000) * samplesPerSecond) / series.length);
      for (; scrapes < due; scrapes++) {
        const scrape = {
          node: scrapes % nodes.length,
          cycle: Math.floor(scrapes / nodes.length),
          time: Date.now(),
        };
        this.queues.forEach((queue) => queue.push(scrape));
      }
      await setTimeout(50);
    }
  }

  private async send(queue: Scrape[], shard: number): Promise<void> {
    const indices = [...this.fleet.series.keys()].filter((index) => index % shards === shard);
    const scrapesPerSend = Math.max(1, Math.floor(samplesPerSend / indices.length));
    while (!this.stopping || queue.length > 0) {
      const [oldest] = queue;
      const due = this.stopping || (oldest !== undefined && Date.now() - oldest.time >= sendDeadline);
      if (queue.length < scrapesPerSend && !due) {
        await setTimeout(20);
        continue;
      }
      const scrapes = queue.splice(0, scrapesPerSend);
      const series = scrapes.flatMap(({ node, cycle, time }) =>
        indices.map((index) =>
          encodeSeries(this.labels[node]?.[index] ?? new Uint8Array(), value(cycle, index), time),
        ),
      );
      await this.post(await compress(Buffer.from(encodeRequest(series))));
      for (const { node, cycle } of scrapes) {
        this.count(
          this.fleet.nodes[node] ?? "",
          indices.map((index) => value(cycle, index)),
        );
      }
    }
  }

  private count(node: string, values: readonly number[]): void {
    const { count, sum } = this.sent.get(node) ?? { count: 0, sum: 0 };
    this.sent.set(node, {
      count: count + values.length,
      sum: values.reduce((total, each) => total + each, sum),
    });
  }

  /** Prometheus drops what is refused with 4xx; here it is an error. */
  private async post(body: Buffer): Promise<void> {
    for (let backoff = 30; ; backoff = Math.min(5000, 2 * backoff)) {
      const status = await this.tryToPost(body).catch(() => 0);
      if (status >= 200 && status < 300) {
        return;
      }
      if (status >= 400 && status < 500 && status !== 429) {
        throw new Error(`remote write was refused with status ${status}`);
      }
      this.retries++;
      await setTimeout(backoff);
    }
  }

  private async tryToPost(body: Buffer): Promise<number> {
    const { url, address, certificate, credential } = this.target;
    const message = request({
      ...address,
      method: "POST",
      path: url.pathname,
      servername: url.hostname,
      ca: certificate,
      agent: this.agent,
      timeout: 30_000,
      headers: {
        host: url.hostname,
        authorization: `Bearer ${credential}`,
        "content-encoding": "snappy",
        "content-type": "application/x-protobuf",
        "x-prometheus-remote-write-version": "0.1.0",
      },
    });
    message.on("timeout", () => message.destroy(new Error("no answer")));
    message.end(body);
    const [response] = (await once(message, "response")) as [IncomingMessage];
    response.resume();
    await once(response, "end");
    return response.statusCode ?? 0;
  }
}

/** A whole number, so that sums are exact, and never 0, so that each is missed. */
function value(cycle: number, series: number): number {
  return 1 + cycle + (series % 100);
}

/** The series of a scrape, from what an exporter answers. Its comments are none. */
export function parseSeries(exposition: string): Labels[] {
  return exposition.split("\n").flatMap((line) => {
    const [, name, labels = ""] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = "", text = ""]) => [
      key,
      text.replace(/\\(.)/g, (_, character: string) => (character === "n" ? "\n" : character)),
    ]);
    return name === undefined ? [] : [{ __name__: name, ...Object.fromEntries(pairs) } as Labels];
  });
}
