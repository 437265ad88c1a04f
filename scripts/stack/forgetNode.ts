import { nodeResources } from "../../components/node/resourceNames";
import { UserError } from "../../components/userError";
import type { Stack } from "./stack";
import { type Checkpoint, nameOf } from "./state";

/**
 * Removes from the state what was done on a node.
 *
 * @throws UserError if nothing was
 */
export async function forgetNode(stack: Stack, node: string): Promise<void> {
  const { deployment } = JSON.parse(await stack.exportState()) as Checkpoint;
  // The node's other resources depend on this one.
  const exporters = (deployment.resources ?? []).find(
    (each) => nameOf(each) === nodeResources.exporters(node),
  );
  if (exporters === undefined) {
    throw new UserError(`The state of the stack ${stack.name} has no node ${node}.`);
  }
  await stack.read("state", "delete", exporters.urn, "--target-dependents", "--yes");
}
