import { UserError } from "../../components/userError";
import { Stack } from "../stack/stack";

/** @throws UserError for an invalid name, and for that of the rehearsal */
export function newStack(name: string, rehearsalStack: string): Stack {
  if (!/^([\w.-]+\/){0,2}[\w.-]{1,100}$/.test(name)) {
    throw new UserError(
      `${name} cannot name a stack: a name has at most 100 letters, digits, dots, hyphens and underscores, with ORGANIZATION/ or ORGANIZATION/PROJECT/ in front if needed.`,
    );
  }
  if (name === rehearsalStack) {
    throw new UserError(
      `${name} is the stack of the rehearsal, which \`npm start\` brings up: give another name.`,
    );
  }
  return new Stack(name, { environment: {}, options: [] });
}
