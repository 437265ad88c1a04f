import { openRehearsal, rehearsalStack } from "./rehearsal";
import { Stack } from "../stack/stack";

/** The stack of that name: the rehearsal's, or one of production, for which its owner has set `pulumi` up. */
export async function openStack(name: string): Promise<Stack> {
  return name === rehearsalStack ? openRehearsal() : new Stack(name, { environment: {}, options: [] });
}
