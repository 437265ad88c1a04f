import { execFile } from "node:child_process";
import { promisify } from "node:util";

interface DiscoveredTarget {
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Lets promtool relabel the targets of a job as Prometheus does. It waits a second for more targets.
 * Source: https://prometheus.io/docs/prometheus/latest/command-line/promtool/
 */
export async function discover(file: string, job: string): Promise<DiscoveredTarget[]> {
  const words = ["check", "service-discovery", "--timeout=1s", file, job];
  const { stdout } = await promisify(execFile)("promtool", words);
  return JSON.parse(stdout) as DiscoveredTarget[];
}
