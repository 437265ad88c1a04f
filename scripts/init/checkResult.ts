import { UserError } from "../../components/userError";

/** Something unusual that the user has to confirm. */
export interface Warning {
  readonly lines: readonly string[];
  /** Answered by yes or no. */
  readonly question: string;
  /** The flag that answers yes. */
  readonly flag: "yes" | "accept-host-keys";
}

/** The warning that has these lines; none without lines. */
export function warn(lines: readonly string[], question: string, flag: Warning["flag"] = "yes"): Warning[] {
  return lines.length === 0 ? [] : [{ lines, question, flag }];
}

/** A right answer. */
export interface Checked<Value> {
  readonly value: Value;
  /** Lines that are printed before any warning. */
  readonly notes?: readonly string[];
  readonly warnings?: readonly Warning[];
}

/** @throws UserError with these mistakes, a line each, if there are any */
export function refuse(mistakes: readonly (string | undefined)[]): void {
  const found = mistakes.filter((mistake) => mistake !== undefined);
  if (found.length > 0) {
    throw new UserError(found.join("\n"));
  }
}

/** The lines of a UserError; any other error is thrown again. */
export function mistakesOf(error: unknown): string[] {
  if (error instanceof UserError) {
    return error.message.split("\n");
  }
  throw error;
}

/** Runs `inspect` on all `inputs` at once, and separates its results from its mistakes. */
export async function collect<In, Out>(
  inputs: readonly In[],
  inspect: (input: In) => Promise<Out>,
): Promise<{ readonly found: Out[]; readonly mistakes: string[] }> {
  const outcomes = await Promise.allSettled(inputs.map(inspect));
  return {
    found: outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : [])),
    mistakes: outcomes.flatMap((outcome) =>
      outcome.status === "rejected" ? mistakesOf(outcome.reason) : [],
    ),
  };
}
