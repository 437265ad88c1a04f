import { UserError } from "../../components/userError";

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
