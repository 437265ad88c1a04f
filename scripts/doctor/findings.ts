import type { LoadedStack } from "../stack/stack";

/** A deviation of the running system from the settings. Scripts read these names from `--json`. */
export interface Finding {
  /** The node, container, credential or the like that it is about. */
  readonly subject: string;
  readonly problem: string;
  /** What to do. */
  readonly remedy: string;
  /** What `--fix` does about it; unset where only a person can do something. */
  readonly repairs?: readonly Repair[];
  /** Set for a problem that may end without a repair, so that it is worth waiting. */
  readonly mayPassByItself?: true;
}

/** How one resource of the stack is applied again. */
export interface Repair {
  /**
   * - `run`: its script runs again;
   * - `replace`: it is replaced, and the resources that depend on it are updated;
   * - `refresh`: it is missing or stopped, and is created or started.
   */
  readonly how: "run" | "replace" | "refresh";
  /** Its name in the program. */
  readonly resource: string;
}

/** A finding that `--fix` repairs. */
export function repairableFinding(
  { stack }: Pick<LoadedStack, "stack">,
  subject: string,
  problem: string,
  ...repairs: readonly Repair[]
): Finding {
  const applied = repairs.map(({ resource }) => resource).join(", ");
  const remedy = `\`npm run doctor -- ${stack.name} --fix\` applies ${applied} again`;
  return { subject, problem, remedy, repairs };
}
