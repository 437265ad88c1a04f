import { printed } from "../../components/server/engine/scriptOutputs";
import { resources as names } from "../../components/server/resourceNames";
import { seconds, type Settings } from "../../components/settings/settings";
import { ServerError } from "../remote/server";
import type { LoadedStack } from "../stack/stack";
import { outputOf, type StateResource } from "../stack/state";

/** A deviation of the running system from the settings. */
export interface Finding {
  /** The node, container, credential or the like that it is about. */
  readonly subject: string;
  readonly problem: string;
  /** What to do. */
  readonly remedy: string;
  /** What `--fix` does about it; unset where only a person can do something. Scripts may read this name from `--json`. */
  readonly mends?: readonly Repair[];
  /** Set for a problem that may pass without a repair, so that it is worth waiting. */
  readonly passes?: true;
}

/** How one resource of the stack is applied again. */
export interface Repair {
  /**
   * - `run`: its script runs again;
   * - `replace`: it is replaced, and its users move over;
   * - `refresh`: it is missing or stopped, and is created or started.
   */
  readonly how: "run" | "replace" | "refresh";
  /** Its name in the program. */
  readonly resource: string;
}

/** A finding that `--fix` repairs. */
export function drift(
  { stack }: Pick<LoadedStack, "stack">,
  subject: string,
  problem: string,
  ...repairs: readonly Repair[]
): Finding {
  const applied = repairs.map(({ resource }) => resource).join(", ");
  const remedy = `\`npm run doctor -- ${stack.name} --fix\` applies ${applied} again`;
  return { subject, problem, remedy, mends: repairs };
}

/** Seconds within which the newest sample must be: two scrapes, and the time to transfer it. */
export function freshSeconds({ prometheus }: Pick<Settings, "prometheus">): number {
  return 2 * seconds(prometheus.scrapeInterval) + 20;
}

/** Seconds over which lost samples are counted: some scrapes. Alerts have reported earlier losses. */
export function lossWindow({ prometheus }: Pick<Settings, "prometheus">): number {
  return Math.max(60, 4 * seconds(prometheus.scrapeInterval));
}

/** When InfluxDB was set up, or used for the first time, as ISO 8601; no credential is older. */
export function setUpAt(resources: readonly StateResource[]): string {
  return (
    printed("influxdbSetup", "setUpAt", outputOf(resources, names.influxdbSetup)) ||
    printed("influxdbConnection", "setUpAt", outputOf(resources, names.influxdbConnection)) ||
    printed("influxdbCheck", "setUpAt", outputOf(resources, names.influxdbCheck))
  );
}

/** The message of an error; of a command on the server, what it printed on stderr. */
export function reasonOf(error: unknown): string {
  if (error instanceof ServerError) {
    return error.stderr.trim();
  }
  return error instanceof Error ? error.message : String(error);
}
