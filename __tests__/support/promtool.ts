import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";

interface ConfigCheck {
  readonly status: number | null;
  readonly stderr: string;
  /** What promtool prints on standard output of a file that it accepts, such as one that names no file of targets. */
  readonly warnings: readonly string[];
}

/** The result for files in which promtool finds nothing. */
export const faultless: ConfigCheck = { status: 0, stderr: "", warnings: [] };

/** Lets promtool check configurations of Prometheus. */
export function checkConfig(files: readonly string[]): ConfigCheck {
  const { status, stdout, stderr } = spawnSync("promtool", ["check", "config", ...files], {
    encoding: "utf8",
  });
  return { status, stderr, warnings: stdout.match(/WARNING: .*/g) ?? [] };
}

interface DiscoveredTarget {
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Lets promtool relabel the targets of a job as Prometheus does. promtool always waits for the whole `--timeout`.
 * Source: https://prometheus.io/docs/prometheus/latest/command-line/promtool/
 */
export async function relabelledTargets(file: string, job: string): Promise<DiscoveredTarget[]> {
  const words = ["check", "service-discovery", "--timeout=1s", file, job];
  const { stdout } = await promisify(execFile)("promtool", words);
  return JSON.parse(stdout) as DiscoveredTarget[];
}
