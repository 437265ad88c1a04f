import pLimit from "p-limit";
import { sshMachineOf } from "../../components/node/nodeScript";
import { renderNodeSetup } from "../../components/node/piNode";
import { renderMasterSetup } from "../../components/node/prometheusMaster";
import { rootCommand } from "../../components/machine/remoteScript";
import type { NodeSettings, Settings } from "../../components/settings/settings";
import { UserError } from "../../components/userError";
import { unreachableNodes } from "../remote/reachability";
import { runOnMachine } from "../remote/runOnMachine";
import type { Stack } from "./stack";
import { type Checkpoint, nameOf } from "./state";

/** Nodes that are inspected at a time: each is a login, and takes this machine's processor. */
const atOnce = 32;

/** A script that sets something up on a node, by the name of its resource. */
export interface SetUp {
  readonly resource: string;
  /** Without the credential, so it is good for an inspection only. */
  readonly script: () => string;
}

/** What sets a node up. */
export function setUpsOf({ nodes, exporter, prometheus }: Settings, node: NodeSettings): SetUp[] {
  const exporters = { resource: `${node.name}-exporters`, script: () => renderNodeSetup({ node, exporter }) };
  if (!node.master) {
    return [exporters];
  }
  const scraped = nodes.filter(({ scrapedBy }) => scrapedBy === node.name);
  const args = { node, nodes: scraped, settings: prometheus, remoteWriteUrl: "" };
  return [
    exporters,
    { resource: `${node.name}-prometheus-script`, script: () => renderMasterSetup(args, "") },
  ];
}

/** What is in the way of set-ups on a node, a sentence each; none if the node cannot be inspected. */
export async function nodeRefusals(node: NodeSettings, setUps: readonly SetUp[]): Promise<string[]> {
  const machine = sshMachineOf(node);
  // Each in a shell of its own, as each is a whole script. An inspection that finds nothing says nothing.
  const script = ["set -e", "echo inspects", ...setUps.map((each) => `(\n${each.script()}\n)`), ""].join(
    "\n",
  );
  const run = await runOnMachine(machine, script, rootCommand(machine, "inspect"));
  return "reason" in run
    ? []
    : [...run.stdout.matchAll(/^refusal=(.*)$/gm)].map(([, sentence = ""]) => sentence);
}

/**
 * Inspects the nodes that were never set up, before anything is changed. A node that cannot be reached or inspected is
 * left to the deploy, which reports it.
 *
 * @param forgotten the name of a node that will be set up again
 * @throws UserError with what is in the way on all of them
 */
export async function requireFreeNodes(stack: Stack, forgotten?: string): Promise<void> {
  const settings = await stack.settings();
  const { deployment } = JSON.parse(await stack.exportState()) as Checkpoint;
  const known = new Set((deployment.resources ?? []).map(nameOf));
  const fresh = new Map(
    settings.nodes.flatMap((node) => {
      const setUps = setUpsOf(settings, node).filter(
        ({ resource }) => node.name === forgotten || !known.has(resource),
      );
      return setUps.length > 0 ? [[node, setUps] as const] : [];
    }),
  );
  const unreachable = await unreachableNodes({ ...settings, nodes: [...fresh.keys()] });
  const reachable = [...fresh].filter(([{ name }]) => !unreachable.some((each) => each.name === name));
  const limit = pLimit(atOnce);
  const refusals = await Promise.all(
    reachable.map(([node, setUps]) =>
      limit(async () => (await nodeRefusals(node, setUps)).map((sentence) => `${node.name}: ${sentence}`)),
    ),
  );
  const lines = refusals.flat();
  if (lines.length > 0) {
    throw new UserError(["Nodes cannot be set up as they are:", ...lines, "Nothing was changed."].join("\n"));
  }
}
