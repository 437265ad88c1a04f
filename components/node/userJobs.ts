import { stringify } from "yaml";
import type { ManagedFile } from "../machine/installed";
import {
  filesOf,
  jobFolder,
  ownLabels,
  secretsOf,
  targetFilesOf,
  type JobValue,
  type UserJob,
} from "../settings/scrape";
import { forGo, type ScrapeJob } from "./scrapeJobs";

/**
 * Removes the labels of ours that reach a job in any other way than its settings, which refuse them: from files of targets,
 * `labelmap`, or the targets' own metrics. Without `node_name`, its samples are in no panel and no rule of ours.
 */
const withoutOwnLabels = { action: "labeldrop", regex: ownLabels.join("|") };

/**
 * A target that is over these limits is down, and the settings may raise them. With a series whose labels have more than
 * 65,535 bytes, twice those that are escaped, InfluxDB would refuse all samples of the same batch.
 * Source: `MaxKeyLength` in models/points.go of InfluxDB 2.9.1
 */
const limits = { label_limit: 30, label_name_length_limit: 128, label_value_length_limit: 1000 };

/** A job of the user's as `scrape_configs` has it: with the paths of its secrets, and without labels of ours. */
export function scrapeJobOf(job: UserJob): ScrapeJob {
  const secrets = new Set(secretsOf(job).map(({ path }) => path.join("-")));
  const withPaths = (value: unknown, path: JobValue["path"]): unknown => {
    if (typeof value !== "object" || value === null) {
      return value;
    }
    if (Array.isArray(value)) {
      return value.map((each, index) => withPaths(each, [...path, index]));
    }
    const entries = Object.entries(value).map(([key, each]) => {
      const at = [...path, key];
      return secrets.has(at.join("-"))
        ? [`${key}_file`, secretPath(job.job_name, at)]
        : [key, withPaths(each, at)];
    });
    return Object.fromEntries(entries) as object;
  };
  const { job_name, relabel_configs: relabelling = [], metric_relabel_configs: ofMetrics = [] } = job;
  return {
    ...limits,
    ...(withPaths({ ...job, master: undefined }, []) as object),
    job_name,
    // For what Prometheus says of a target, such as `up`.
    relabel_configs: [...relabelling, withoutOwnLabels],
    // For what the target says.
    metric_relabel_configs: [...ofMetrics, withoutOwnLabels],
  };
}

/** No setting has a dot in its name, so each secret of each job has a path of its own. */
function secretPath(job: string, path: JobValue["path"]): string {
  return `${jobFolder}/${job}.${path.join("-")}`;
}

/** The secrets of jobs, each in a file that Prometheus reads again for each request. */
export function jobFiles(jobs: readonly UserJob[] = []): ManagedFile[] {
  return jobs.flatMap((job) =>
    secretsOf(job).map(({ path, value }) => ({
      path: secretPath(job.job_name, path),
      mode: "0640",
      owner: "root:prometheus",
      content: String(value),
    })),
  );
}

/** What the master's script checks of a job before it changes anything. */
export interface JobCheck {
  readonly name: string;
  /** A configuration of Prometheus with nothing but this job. */
  readonly configuration: string;
  /** Files of the master's own that Prometheus must be able to read. */
  readonly files: readonly string[];
  /** Paths of files of targets, whose last part may have the pattern `*`. */
  readonly targetFiles: readonly string[];
  /** Whether it has targets at once, and not only when some are discovered. */
  readonly hasTargets: boolean;
}

/** @param scrapeInterval of the nodes, which is that of a job without one */
export function checksOf(jobs: readonly UserJob[] = [], scrapeInterval: string): JobCheck[] {
  return jobs.map((job) => ({
    name: job.job_name,
    configuration: stringify(
      { global: { scrape_interval: scrapeInterval }, scrape_configs: [scrapeJobOf(job)] },
      forGo,
    ),
    files: filesOf(job).map(({ value }) => String(value)),
    targetFiles: targetFilesOf(job).map(({ value }) => String(value)),
    hasTargets: (job.static_configs ?? []).some(({ targets }) => targets.length > 0),
  }));
}
