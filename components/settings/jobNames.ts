import { exporterNames } from "./exporters";

/** The names of this program's own jobs. Rules and panels select by them, so a job of the user's must have another. */
const ownJobs: readonly string[] = ["prometheus", "node", ...exporterNames];

/** What the names of jobs that belong to a preset begin with. */
const presetPrefixes: readonly string[] = ["internet"];

/** Whether a job's name is, or may become, that of one of this program's own. */
export function isOwnJob(name: string): boolean {
  return ownJobs.includes(name) || presetPrefixes.some((prefix) => name.startsWith(prefix));
}
