import { availableParallelism } from "node:os";
import { nodeResources } from "../../components/node/resourceNames";
import { UserError } from "../../components/userError";
import { clearInterruption } from "./interruption";
import type { NodeSettings } from "../../components/settings/settings";
import { unreachableNodes } from "../remote/reachability";
import type { LoadedStack } from "./stack";
import { nameOf } from "./state";

/** A stack with the settings that it is brought up with. */
type Deployable = Pick<LoadedStack, "stack" | "settings">;

/** The number of nodes from which on a deploy sets up the server first, and then all nodes with one checkpoint. */
const largeFleet = 50;

/**
 * Nodes of a large fleet that are set up at a time, for each core: they wait for packages most of the time, and their
 * logins take this machine's processor. Each has its own sshd, whose limits one connection never meets.
 */
const nodesPerCore = 16;

/**
 * Runs `pulumi up` with its output on this terminal, after removing what an interrupted one has left.
 *
 * @returns its exit code
 */
export async function up({ stack, settings }: Deployable, ...options: string[]): Promise<number> {
  await clearInterruption(stack);
  return stack.run(["up", ...options], settings);
}

/**
 * `up` for production. It creates again what was removed by hand. It leaves out nodes that cannot be reached.
 *
 * @param needed the nodes that may not be left out; all of them unless given
 * @returns an exit code that is not 0 if something failed, or a needed node was left out
 */
export async function deploy(
  deployable: Deployable,
  yes: boolean,
  needed: readonly Pick<NodeSettings, "name">[] = deployable.settings.nodes,
): Promise<number> {
  const { settings } = deployable;
  const unreachable = await unreachableNodes(settings);
  for (const { name, reason } of unreachable) {
    console.error(`${name} is left out, as it cannot be reached: ${reason}`);
  }
  const options = ["--continue-on-error", ...(yes ? ["--yes", "--skip-preview"] : [])];
  const reachable = [
    ...options,
    ...without(unreachable.map(({ name }) => `**::${nodeResources.node(name)}`)),
  ];
  const exitCode =
    settings.nodes.length < largeFleet
      ? await up(deployable, "--refresh", ...reachable)
      : await upInTwoSteps(deployable, options, reachable);
  const isIncomplete = unreachable.some(({ name }) => needed.some((each) => each.name === name));
  return exitCode === 0 && isIncomplete ? 1 : exitCode;
}

/**
 * Removes from the state what was done on a node.
 *
 * @throws UserError if nothing was
 */
export async function forgetNode({ stack, resources }: LoadedStack, node: string): Promise<void> {
  // The node's other resources depend on this one.
  const script = resources.find((each) => nameOf(each) === nodeResources.node(node));
  if (script === undefined) {
    throw new UserError(`The state of the stack ${stack.name} has no node ${node}.`);
  }
  // A lock that was left behind would refuse the change.
  await clearInterruption(stack);
  await stack.pulumi("state", "delete", script.urn, "--target-dependents", "--yes");
}

/**
 * Brings up the server, and then the nodes. Pulumi writes the whole state after every step, which for a large fleet takes
 * longer than the steps. Scripts on a node can run twice, so that the nodes get one checkpoint at the end; after a kill,
 * the next deploy repeats them. Resources on the server cannot be created twice, and get all checkpoints.
 */
async function upInTwoSteps(
  deployable: Deployable,
  options: readonly string[],
  reachable: readonly string[],
): Promise<number> {
  const server = await up(
    deployable,
    "--refresh",
    ...options,
    ...without(["**::pi-monitoring:index:PiNode**"]),
  );
  const nodes = await deployable.stack.run(["up", ...reachable], deployable.settings, {
    PULUMI_PARALLEL: `${nodesPerCore * availableParallelism()}`,
    ...(server === 0 ? { PULUMI_SKIP_CHECKPOINTS: "true" } : {}),
  });
  return Math.max(server, nodes);
}

/** The options of `up` that leave out these resources and those that depend on them. */
function without(urns: readonly string[]): string[] {
  const exclude = urns.flatMap((urn) => ["--exclude", urn]);
  return exclude.length > 0 ? ["--exclude-dependents", ...exclude] : [];
}
