import { UserError } from "../../../components/userError";

/** Runs `inspect` on all `inputs` at once, and separates its results from the lines of its UserErrors. */
export async function collect<In, Out>(
  inputs: readonly In[],
  inspect: (input: In) => Promise<Out>,
): Promise<{ readonly found: Out[]; readonly mistakes: string[] }> {
  const found: Out[] = [];
  const mistakes: string[] = [];
  for (const outcome of await Promise.allSettled(inputs.map(inspect))) {
    if (outcome.status === "fulfilled") {
      found.push(outcome.value);
    } else if (outcome.reason instanceof UserError) {
      mistakes.push(...outcome.reason.message.split("\n"));
    } else {
      throw outcome.reason;
    }
  }
  return { found, mistakes };
}
