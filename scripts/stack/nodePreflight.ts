import pLimit from "p-limit";
import { sshMachineOf } from "../../components/node/sshMachine";
import { managedExporters, renderExporters } from "../../components/node/exporters";
import { managedOnNode, renderNodeSetup } from "../../components/node/piNode";
import { managedOnMaster, renderMasterSetup } from "../../components/node/prometheusMaster";
import { nodeResources } from "../../components/node/resourceNames";
import type { Managed } from "../../components/machine/installed";
import { rootCommand } from "../../components/machine/remoteScript";
import { jobsOf, type NodeSettings, type Settings } from "../../components/settings/settings";
import { UserError } from "../../components/userError";
import { unreachableNodes } from "../remote/reachability";
import { runOnMachine } from "../remote/runOnMachine";
import type { LoadedStack } from "./stack";
import { nameOf } from "./state";

/** Nodes that are inspected at a time: each login takes this machine's processor. */
const atOnce = 32;

/** A script that sets up a part of a node. */
export interface SetUp {
  /** The name of its resource. */
  readonly resource: string;
  /** Without its secrets: for an inspection only. */
  readonly script: () => string;
  /** What it installs. */
  readonly managed: () => Managed;
}

/** What a deploy gives to the set-up of a master, apart from the settings. */
interface MasterInputs {
  readonly remoteWriteUrl: string;
  readonly credential: string;
  readonly issuers?: string | undefined;
}

/** The set-ups of a node. */
export function setUpsOf(
  settings: Settings,
  node: NodeSettings,
  { remoteWriteUrl, credential, issuers }: MasterInputs = { remoteWriteUrl: "", credential: "" },
): SetUp[] {
  const { nodes, exporter, presets } = settings;
  const nodeExporter = {
    resource: nodeResources.node(node.name),
    script: () => renderNodeSetup({ node, exporter, presets }),
    managed: () => managedOnNode({ node, exporter, presets }),
  };
  const furtherExporters = {
    resource: nodeResources.exporters(node.name),
    script: () => renderExporters(node),
    managed: () => managedExporters(node),
  };
  const exporters = node.exporters.length > 0 ? [furtherExporters] : [];
  if (!node.master) {
    return [nodeExporter, ...exporters];
  }
  const scraped = nodes.filter(({ scrapedBy }) => scrapedBy === node.name);
  const scrape = jobsOf(node, settings);
  const args = { node, nodes: scraped, settings: settings.prometheus, scrape, remoteWriteUrl };
  const master = {
    resource: nodeResources.prometheusScript(node.name),
    // Without the user's jobs and the credential, which are secret.
    script: () => renderMasterSetup({ ...args, scrape: [] }, ""),
    managed: () => managedOnMaster(args, credential, issuers),
  };
  return [nodeExporter, master, ...exporters];
}

/**
 * The conflicts of set-ups with what is on a node, a sentence each; none if the node cannot be inspected. The checks are
 * those of `refuse_obstacles` in the scripts.
 */
export async function nodeRefusals(
  node: NodeSettings,
  setUps: readonly Pick<SetUp, "script">[],
): Promise<string[]> {
  const machine = sshMachineOf(node);
  // A subshell for each whole script. The first line shows at once that the node answers: inspections print conflicts only.
  const script = ["set -e", "echo inspects", ...setUps.map((each) => `(\n${each.script()}\n)`), ""].join(
    "\n",
  );
  const run = await runOnMachine(machine, script, rootCommand(machine, "inspect"));
  return "reason" in run
    ? []
    : [...run.stdout.matchAll(/^refusal=(.*)$/gm)].map(([, sentence = ""]) => sentence);
}

/**
 * Inspects the parts of nodes that are not in the state, such as that of a node which has become a master, before anything
 * is changed. The deploy reports a node that cannot be reached or inspected.
 *
 * @param forgotten the name of a node that will be set up again
 * @throws UserError with the conflicts on all of them
 */
export async function requireFreeNodes(
  { settings, resources }: Pick<LoadedStack, "settings" | "resources">,
  forgotten?: string,
): Promise<void> {
  const known = new Set(resources.map(nameOf));
  const fresh = settings.nodes.flatMap((node) => {
    const setUps = setUpsOf(settings, node).filter(
      ({ resource }) => node.name === forgotten || !known.has(resource),
    );
    return setUps.length > 0 ? [{ node, setUps }] : [];
  });
  const unreachable = await unreachableNodes({ nodes: fresh.map(({ node }) => node) });
  const reachable = fresh.filter(({ node }) => !unreachable.some(({ name }) => name === node.name));
  const limit = pLimit(atOnce);
  const refusals = await Promise.all(
    reachable.map(({ node, setUps }) =>
      limit(async () => (await nodeRefusals(node, setUps)).map((sentence) => `${node.name}: ${sentence}`)),
    ),
  );
  const lines = refusals.flat();
  if (lines.length > 0) {
    throw new UserError(["Nodes cannot be set up as they are:", ...lines, "Nothing was changed."].join("\n"));
  }
}
