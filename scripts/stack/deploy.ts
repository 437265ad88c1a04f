import { availableParallelism } from "node:os";
import { clearInterruption } from "./interruption";
import { unreachableNodes } from "../remote/reachability";
import type { Stack } from "./stack";

/** From how many nodes on a deploy does the server first, and then all nodes with one checkpoint. */
const largeFleet = 50;

/**
 * Nodes of a large fleet that are set up at a time, for each core: they wait for packages most of the time, and their
 * logins take this machine's processor. Each has an sshd of its own, whose limits one connection never meets.
 */
const nodesPerCore = 16;

/**
 * Runs `pulumi up` with its output on this terminal, after clearing away what an interrupted one has left. Whether it
 * succeeded is its exit code.
 */
export async function up(stack: Stack, ...options: string[]): Promise<number> {
  await clearInterruption(stack);
  return stack.run(["up", ...options]);
}

/**
 * `up` for production. A node that cannot be reached is left out, and the exit code says so; what was removed by hand is
 * made again.
 */
export async function deploy(stack: Stack, yes: boolean): Promise<number> {
  const settings = await stack.settings();
  const unreachable = await unreachableNodes(settings);
  for (const { name, reason } of unreachable) {
    console.error(`${name} is left out, as it cannot be reached: ${reason}`);
  }
  const options = ["--continue-on-error", ...(yes ? ["--yes", "--skip-preview"] : [])];
  const reachable = [...options, ...without(unreachable.map(({ name }) => `**::${name}-exporters`))];
  const exitCode =
    settings.nodes.length < largeFleet
      ? await up(stack, "--refresh", ...reachable)
      : await upInTwoSteps(stack, options, reachable);
  return exitCode === 0 && unreachable.length > 0 ? 1 : exitCode;
}

/**
 * Pulumi writes the whole state down after every step, which for a large fleet takes longer than the steps. What runs on
 * a node can run again, so the nodes get one checkpoint at the end: after a kill, the next deploy repeats them. What is
 * made on the server cannot be made twice, and gets all of its own.
 */
async function upInTwoSteps(
  stack: Stack,
  options: readonly string[],
  reachable: readonly string[],
): Promise<number> {
  const server = await up(stack, "--refresh", ...options, ...without(["**::pi-monitoring:index:PiNode**"]));
  const nodes = await stack.run(["up", ...reachable], {
    PULUMI_PARALLEL: `${nodesPerCore * availableParallelism()}`,
    ...(server === 0 ? { PULUMI_SKIP_CHECKPOINTS: "true" } : {}),
  });
  return Math.max(server, nodes);
}

/** The options of `up` that leave out these resources, and what depends on them. */
function without(urns: readonly string[]): string[] {
  const exclude = urns.flatMap((urn) => ["--exclude", urn]);
  return exclude.length > 0 ? ["--exclude-dependents", ...exclude] : [];
}
