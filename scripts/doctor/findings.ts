import { seconds, type Settings } from "../../components/settings/settings";
import { ServerError } from "../remote/server";
import { printedBy, type StateResource } from "../stack/state";
import type { Stack, StackOutputs } from "../stack/stack";

/** Something that is not as it should be. */
export interface Finding {
  /** What it is about: a node, a container, a credential. */
  readonly subject: string;
  readonly problem: string;
  /** What to do. */
  readonly remedy: string;
  /** What `--fix` does about it; unset where only a person can do something. */
  readonly mends?: readonly Mend[];
  /** Set for what goes by itself when its reason is gone, within a few scrapes. */
  readonly passes?: true;
}

/** How one resource of the stack is applied again. */
export interface Mend {
  /**
   * - `run`: its script runs again;
   * - `replace`: it is made anew, and who uses it moves over;
   * - `refresh`: it is made or started, as it is not there.
   */
  readonly how: "run" | "replace" | "refresh";
  /** Its name in the program. */
  readonly resource: string;
}

/** What is known of a stack before anything is looked at. */
export interface Known {
  readonly stack: Stack;
  readonly settings: Settings;
  readonly outputs: StackOutputs;
  /** With their secrets. */
  readonly resources: readonly StateResource[];
}

/** A finding that `--fix` mends. */
export function drift(known: Known, subject: string, problem: string, ...mends: readonly Mend[]): Finding {
  const names = mends.map(({ resource }) => resource).join(", ");
  const remedy = `\`npm run doctor -- ${known.stack.name} --fix\` applies ${names} again`;
  return { subject, problem, remedy, mends };
}

/** Seconds that a sample may be old: two scrapes, and its way. */
export function freshSeconds({ prometheus }: Pick<Settings, "prometheus">): number {
  return 2 * seconds(prometheus.scrapeInterval) + 20;
}

/** Seconds over which what was lost is counted: some scrapes. What was lost before, alerts have told. */
export function lossWindow({ prometheus }: Pick<Settings, "prometheus">): number {
  return Math.max(60, 4 * seconds(prometheus.scrapeInterval));
}

/** When InfluxDB was set up, or used for the first time, as ISO 8601; no credential is older. */
export function setUpAt({ resources }: Pick<Known, "resources">): string {
  return (
    printedBy(resources, "server-influxdb-setup", 2) ||
    printedBy(resources, "server-influxdb-connection-script", 2) ||
    printedBy(resources, "server-influxdb-check", 0)
  );
}

/** Why something could not be asked for, without where in the program that was. */
export function reasonOf(error: unknown): string {
  if (error instanceof ServerError) {
    return error.stderr.trim();
  }
  return error instanceof Error ? error.message : String(error);
}
