import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import {
  encodeLabels,
  encodeRequest,
  encodeSeries,
  type Labels,
} from "../../scripts/bench/ingest/remoteWrite";

export interface RunningTelegraf {
  readonly ingestUrl: string;
  isRunning(): boolean;
  /** Ends it, and waits until it has ended. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
}

/**
 * Writes `telegraf.conf` to a folder, with the container's folders replaced by folders in there, its ports by free
 * ones of this machine, and a shorter time between two writes.
 *
 * @param interval at which Telegraf measures the server and itself; by default so long that it measures nothing
 */
export function writeTelegrafConfig(folder: string, content: string, interval = "1h"): string {
  mkdirSync(join(folder, "secrets"), { recursive: true });
  writeFileSync(join(folder, "secrets/influxdb_token"), "the-token");
  const file = join(folder, "telegraf.conf");
  const changes: readonly (readonly [RegExp, string])[] = [
    [/\/etc\/telegraf\/secrets/g, join(folder, "secrets")],
    [/\/var\/lib\/telegraf/g, folder],
    [/^ {2}interval = .*$/gm, `  interval = "${interval}"`],
    [/flush_interval = "1s"/, 'flush_interval = "100ms"'],
    [/":8080"/, '"127.0.0.1:0"'],
    [/http:\/\/localhost:8081/, "http://127.0.0.1:0"],
  ];
  const changed = changes.reduce((text, [found, replacement]) => replace(text, found, replacement), content);
  writeFileSync(file, changed);
  return file;
}

/**
 * Makes Telegraf merge the samples of a test only when it ends. At the end of each second, it could merge some of them
 * before the others have arrived.
 */
export function mergingAtTheEnd(content: string): string {
  return replace(content, /period = "1s"/, 'period = "24h"');
}

/** Replaces a text of `telegraf.conf`, which must have it. */
export function replace(content: string, found: RegExp, replacement: string): string {
  if (content.search(found) === -1) {
    throw new Error(`telegraf.conf has nothing that matches ${String(found)}`);
  }
  return content.replace(found, () => replacement);
}

/** Starts Telegraf and waits until it takes samples. */
export async function startTelegraf(config: string): Promise<RunningTelegraf> {
  const telegraf = spawn("telegraf", ["--config", config], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((resolve) => telegraf.once("close", resolve));
  return {
    ingestUrl: `http://${await listenerAddress(telegraf)}/telegraf`,
    isRunning: () => telegraf.exitCode === null && telegraf.signalCode === null,
    end: async (signal) => {
      telegraf.kill(signal);
      await ended;
    },
  };
}

/** The address where Telegraf listens, from its log. */
function listenerAddress(telegraf: ChildProcessByStdio<null, null, Readable>): Promise<string> {
  return new Promise((resolve, reject) => {
    let log = "";
    const timeout = setTimeout(() => telegraf.kill("SIGKILL"), 20_000);
    telegraf.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      log += chunk;
      const [, address] = /\[inputs\.http_listener_v2\] Listening on (\S+)\s/.exec(log) ?? [];
      if (address !== undefined) {
        clearTimeout(timeout);
        resolve(address);
      }
    });
    telegraf.once("error", reject);
    telegraf.once("close", () => {
      clearTimeout(timeout);
      reject(new Error(`Telegraf ended, or did not listen within 20 s:\n${log}`));
    });
  });
}

/**
 * The body of a remote write of Prometheus, uncompressed. It has one sample of each series, with the value 1.
 *
 * @param milliseconds since 1970, the time of the samples
 */
export function remoteWrite(series: readonly Labels[], milliseconds = 1): Uint8Array {
  return encodeRequest(series.map((labels) => encodeSeries(encodeLabels(labels), 1, milliseconds)));
}
