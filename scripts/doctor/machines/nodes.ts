import { privateAuthority } from "../../../components/settings/ingress";
import { sshMachineOf } from "../../../components/node/nodeScript";
import { managedOnNode } from "../../../components/node/piNode";
import { managedOnMaster } from "../../../components/node/prometheusMaster";
import { type Managed, merge, renderInspection } from "../../../components/machine/installed";
import { rootCommand, sudoersLine } from "../../../components/machine/remoteScript";
import { nodeResources } from "../../../components/node/resourceNames";
import type { NodeSettings, Settings } from "../../../components/settings/settings";
import { nodeRefusals, setUpsOf } from "../../stack/nodePreflight";
import { trustAddress } from "../../remote/hostKeys";
import type { LoadedStack } from "../../stack/stack";
import { outputOf } from "../../stack/state";
import { drift, type Finding, lossWindow, type Repair } from "../findings";
import { differences, hasStoppedDaemon, inspect, type Inspection, machineProblems } from "./inspection";
import { distrust, issuersOf, remoteWriting, unscrapedNodes } from "./prometheus";
import { silentFirmware, staleMetrics } from "./sensorFindings";

/** The findings of the nodes, and what is worth knowing of them. */
export interface NodeReport {
  readonly findings: readonly Finding[];
  readonly information: readonly string[];
  /** Names of the nodes where something conflicts with node_exporter. */
  readonly refused: ReadonlySet<string>;
}

/** What one node reports, of itself and of those that it scrapes. */
interface NodeInspection extends Omit<NodeReport, "refused"> {
  /** Nodes that Prometheus cannot scrape. */
  readonly unscraped: readonly Finding[];
  /** Whether something conflicts with its node_exporter. */
  readonly refused: boolean;
}

/** What one script has set up on a node. */
interface Part {
  readonly managed: Managed;
  readonly repair: Repair;
}

/** Inspects all nodes at once, in one SSH session each. */
export async function inspectNodes(loaded: LoadedStack): Promise<NodeReport> {
  const reports = await Promise.all(loaded.settings.nodes.map((node) => inspectNode(loaded, node)));
  const refused = new Set(
    loaded.settings.nodes.filter((_, at) => reports[at]?.refused).map(({ name }) => name),
  );
  return {
    findings: reports.flatMap(({ findings, unscraped }) => [
      ...findings,
      // The conflict with node_exporter is the reason.
      ...unscraped.filter(({ subject }) => !refused.has(subject)),
    ]),
    information: reports.flatMap(({ information }) => information),
    refused,
  };
}

async function inspectNode(loaded: LoadedStack, node: NodeSettings): Promise<NodeInspection> {
  const { settings } = loaded;
  const parts = partsOf(loaded, node);
  const managed = merge(parts.map((part) => part.managed));
  const machine = sshMachineOf(node);
  const script = renderInspection(managed, lossWindow(settings));
  const inspection = await inspect(machine, script, rootCommand(machine, "inspect"));
  if ("reason" in inspection) {
    const { reason, reached } = inspection;
    const problem = reached ? `cannot be inspected: ${reason}` : `cannot be reached: ${reason}`;
    const nothing = { information: [], unscraped: [], refused: false };
    if (node.mayBeOff && !reached) {
      return { ...nothing, findings: [], information: [`${node.name} ${problem}; it may be off`] };
    }
    const remedy = reached
      ? `${machine.user} needs this line in sudoers there: ${sudoersLine(machine.user)}`
      : `switch it on; if another machine answers at ${machine.host}, \`npm run trust -- ${trustAddress(machine)}\` shows its key`;
    return { ...nothing, findings: [{ subject: node.name, problem, remedy }] };
  }
  const inspected = await Promise.all(
    parts.map(async (part) => ({ ...part, refusals: await refusalsOf(settings, node, part, inspection) })),
  );
  const refusals = inspected.flatMap((part) =>
    part.refusals.map((sentence) => conflict(node.name, sentence)),
  );
  const refused = (inspected[0]?.refusals.length ?? 0) > 0;
  if (managed.files.every(({ path }) => (inspection.words("file", path)[0] ?? "") === "")) {
    const problem = "nothing is set up on it, as after a new SD card";
    const repairs = inspected.filter((part) => part.refusals.length === 0).map(({ repair }) => repair);
    const empty = repairs.length > 0 ? [drift(loaded, node.name, problem, ...repairs)] : [];
    return { findings: [...refusals, ...empty], information: [], unscraped: [], refused };
  }
  const scraping = inspected.find(
    (part) => part.managed.prometheusUrl !== undefined && part.refusals.length === 0,
  );
  return {
    findings: [
      ...refusals,
      ...inspected.flatMap((part) => deviations(loaded, node.name, part, inspection)),
      ...machineProblems(managed, inspection, settings).map((each) => ({ subject: node.name, ...each })),
      ...staleMetrics(node.name, managed, inspection),
      ...(scraping === undefined ? [] : remoteWriting(settings, node, inspection)),
      ...distrust(loaded, node.name, inspection),
    ],
    information: [
      ...managed.packages.flatMap((name) => {
        const [version = "", candidate = ""] = inspection.words("package", name);
        return version === "" || candidate === version
          ? []
          : [`${node.name} has ${name} ${version}; apt has ${candidate}`];
      }),
      ...silentFirmware(node.name, inspection),
    ],
    unscraped: scraping === undefined ? [] : unscrapedNodes(settings, node, inspection),
    refused,
  };
}

/** The conflicts with a daemon that does not run: its script would refuse to start it. */
async function refusalsOf(
  settings: Settings,
  node: NodeSettings,
  { managed, repair }: Part,
  inspection: Inspection,
): Promise<string[]> {
  return hasStoppedDaemon(managed, inspection)
    ? nodeRefusals(
        node,
        setUpsOf(settings, node).filter(({ resource }) => resource === repair.resource),
      )
    : [];
}

/** The finding of a conflict that only a person can resolve. A script's sentence ends with what to do. */
function conflict(subject: string, sentence: string): Finding {
  const [, problem = sentence, remedy = "it has to go first"] = /^(.*): (.*)$/.exec(sentence) ?? [];
  return { subject, problem, remedy };
}

/** The differences from what a script has set up, beside its conflicts. */
function deviations(
  loaded: LoadedStack,
  node: string,
  { managed, repair, refusals }: Part & { readonly refusals: readonly string[] },
  inspection: Inspection,
): Finding[] {
  if (refusals.length === 0) {
    return differences(managed, inspection).map((problem) => drift(loaded, node, problem, repair));
  }
  // The conflicts explain the state of the daemons.
  return differences({ ...managed, daemons: [] }, inspection).map((problem) => {
    const { remedy } = drift(loaded, node, problem, repair);
    return { subject: node, problem, remedy: `first resolve the conflict there; then ${remedy}` };
  });
}

function partsOf({ settings, outputs, resources }: LoadedStack, node: NodeSettings): Part[] {
  const exporters: Part = {
    managed: managedOnNode({ node, exporter: settings.exporter }),
    repair: { how: "run", resource: nodeResources.exporters(node.name) },
  };
  if (!node.master) {
    return [exporters];
  }
  const args = {
    node,
    nodes: settings.nodes.filter(({ scrapedBy }) => scrapedBy === node.name),
    settings: settings.prometheus,
    remoteWriteUrl: outputs.urls.telegraf,
  };
  const credential = outputs.ingestCredentials?.[node.name] ?? "";
  const certificate = issuersOf({ resources });
  const issuers = certificate === undefined ? undefined : outputOf(resources, certificate);
  return [
    exporters,
    {
      managed: managedOnMaster(args, credential, privateAuthority(settings.ingress) ?? issuers),
      repair: { how: "run", resource: nodeResources.prometheusScript(node.name) },
    },
  ];
}
