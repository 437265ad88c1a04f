import { parseDocument } from "yaml";
import { hostAndPort } from "../settings/address";
import { isLoopback, type Listener, webListenAddress } from "../settings/listeners";
import type { NodeSettings } from "../settings/settings";

/** A job as `scrape_configs` of Prometheus has it. */
export interface ScrapeJob extends Readonly<Record<string, unknown>> {
  /** Unique among all jobs. */
  readonly job_name: string;
}

/** Targets with their labels, as `static_configs` of a job has them. */
export interface StaticConfig {
  readonly targets: readonly string[];
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** The target of a further daemon on a node, with the labels that the node's own targets have in the job `node`. */
export function targetOnNode(node: Pick<NodeSettings, "host" | "labels">, listener: Listener): StaticConfig {
  const instance = hostAndPort(node.host, listener.port);
  return {
    targets: [isLoopback(listener) ? webListenAddress(listener) : instance],
    labels: { ...node.labels, node_name: node.host, instance },
  };
}

/** The targets of the job `node`: a group for each set of labels, in the order of the nodes. */
export function nodeTargets(nodes: readonly NodeSettings[]): StaticConfig[] {
  const groups = new Map<string, { targets: string[]; labels: NodeSettings["labels"] }>();
  for (const { host, labels = {}, nodeExporter } of nodes) {
    const key = JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
    const group = groups.get(key) ?? { targets: [], labels };
    group.targets.push(hostAndPort(host, nodeExporter.port));
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** Go's parser would take words such as `on` for other than text, and a long line must not be folded. */
export const forGo = {
  lineWidth: 0,
  defaultStringType: "QUOTE_DOUBLE",
  defaultKeyType: "PLAIN",
  aliasDuplicateObjects: false,
} as const;

/**
 * Appends jobs to those of a `prometheus.yml`; without any, it stays as it is. Nothing else of it changes its meaning.
 *
 * @param configuration has `scrape_configs`
 */
export function appendJobs(configuration: string, jobs: readonly ScrapeJob[]): string {
  if (jobs.length === 0) {
    return configuration;
  }
  const document = parseDocument(configuration);
  for (const job of jobs) {
    document.addIn(["scrape_configs"], document.createNode(job, forGo));
  }
  return document.toString(forGo);
}
