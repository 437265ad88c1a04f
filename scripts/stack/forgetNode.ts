import { nodeResources } from "../../components/node/resourceNames";
import { UserError } from "../../components/userError";
import type { LoadedStack } from "./stack";
import { nameOf } from "./state";

/**
 * Removes from the state what was done on a node.
 *
 * @throws UserError if nothing was
 */
export async function forgetNode({ stack, resources }: LoadedStack, node: string): Promise<void> {
  // The node's other resources depend on this one.
  const exporters = resources.find((each) => nameOf(each) === nodeResources.exporters(node));
  if (exporters === undefined) {
    throw new UserError(`The state of the stack ${stack.name} has no node ${node}.`);
  }
  await stack.read("state", "delete", exporters.urn, "--target-dependents", "--yes");
}
