import { UserError } from "../../components/userError";
import { rehearsalStack } from "../rehearsal/instance";
import { Stack } from "../stack/stack";

/** @throws UserError if `name` is not a name for a stack of production */
export function newStack(name: string): Stack {
  if (!/^([\w.-]+\/){0,2}[\w.-]{1,100}$/.test(name)) {
    throw new UserError(
      `${name} cannot name a stack: only letters, digits, dots, hyphens and underscores can.`,
    );
  }
  if (name === rehearsalStack) {
    throw new UserError(
      `${name} is the stack of the rehearsal, which \`npm start\` brings up: give another name.`,
    );
  }
  return new Stack(name, { environment: {}, options: [] });
}
