import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  encodeLabels,
  encodeRequest,
  encodeSeries,
  type Labels,
} from "../../scripts/bench/ingest/remoteWrite";
import { eventually } from "./eventually";

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
  writeFileSync(
    file,
    content
      .replace("/etc/telegraf/secrets", join(folder, "secrets"))
      .replaceAll("/var/lib/telegraf", folder)
      .replaceAll(/^ {2}interval = .*$/gm, `  interval = "${interval}"`)
      .replace('flush_interval = "1s"', 'flush_interval = "100ms"')
      .replace('":8080"', '"127.0.0.1:0"')
      .replace("http://localhost:8081", "http://127.0.0.1:0"),
  );
  return file;
}

/** Makes Telegraf merge all samples when it ends: at the end of each second, it might merge only some of those of a test. */
export function mergingAtTheEnd(content: string): string {
  return content.replace('period = "1s"', 'period = "24h"');
}

/** Starts Telegraf and waits until it takes samples. */
export async function startTelegraf(config: string): Promise<RunningTelegraf> {
  const telegraf = spawn("telegraf", ["--config", config], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(telegraf, "close");
  let log = "";
  telegraf.stderr.setEncoding("utf8").on("data", (chunk: string) => (log += chunk));
  const isRunning = (): boolean => telegraf.exitCode === null && telegraf.signalCode === null;
  const address = await eventually("Telegraf's listener", 20, () => {
    const [, found] = /\[inputs\.http_listener_v2\] Listening on (\S+)/.exec(log) ?? [];
    if (found === undefined || !isRunning()) {
      throw new Error(`${isRunning() ? "Telegraf runs" : "Telegraf has ended"}:\n${log}`);
    }
    return found;
  });
  return {
    ingestUrl: `http://${address}/telegraf`,
    isRunning,
    end: async (signal) => {
      telegraf.kill(signal);
      await ended;
    },
  };
}

/** What Prometheus sends, uncompressed, for one sample of each series: 1, by default at one millisecond past 1970. */
export function remoteWrite(series: readonly Labels[], milliseconds = 1): Uint8Array {
  return encodeRequest(series.map((labels) => encodeSeries(encodeLabels(labels), 1, milliseconds)));
}
