import { Stack } from "../stack/stack";
import { rehearsalStack } from "./instance";

/** The stack of that name: the rehearsal's, or one of production, for which its owner has set `pulumi` up. */
export async function openStack(name: string): Promise<Stack> {
  return name === rehearsalStack
    ? rehearsal().openRehearsal()
    : new Stack(name, { environment: {}, options: [] });
}

/** Loaded when it is used: it needs packages that are not installed where production is deployed from. */
function rehearsal(): typeof import("./rehearsal") {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- Jest and tsx cannot run `await import()`.
  return require("./rehearsal") as typeof import("./rehearsal");
}
