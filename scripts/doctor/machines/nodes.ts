import { privateAuthority } from "../../../components/settings/ingress";
import { sshMachineOf } from "../../../components/node/sshMachine";
import { type Managed, merge, renderInspection } from "../../../components/machine/installed";
import { rootCommand, sudoersLine } from "../../../components/machine/remoteScript";
import type { NodeSettings } from "../../../components/settings/settings";
import { nodeRefusals, type SetUp, setUpsOf } from "../../stack/nodePreflight";
import { trustCommand } from "../../remote/hostKeys";
import { shareJumpLogins } from "../../remote/jumpHost";
import type { LoadedStack } from "../../stack/stack";
import { outputOf } from "../../stack/state";
import type { RunFailure } from "../../remote/runOnMachine";
import { type Finding, type Repair, repairableFinding } from "../findings";
import { lossSeconds } from "../sampleLimits";
import { differences, hasStoppedDaemon, inspect, type Inspection, machineProblems } from "./inspection";
import { distrust, issuersOf, remoteWriting, unscrapedNodes, unscrapedTargets } from "./prometheus";
import { silentFirmware, staleMetrics } from "./sensorFindings";

/** The findings of the nodes, and what is worth knowing of them. */
export interface NodeReport {
  readonly findings: readonly Finding[];
  readonly information: readonly string[];
  /** Names of the nodes where something conflicts with node_exporter. */
  readonly refused: ReadonlySet<string>;
}

/** What one node reports, of itself and of those that it scrapes. */
interface NodeInspection {
  readonly findings: readonly Finding[];
  readonly information?: readonly string[];
  /** Nodes that Prometheus cannot scrape. */
  readonly unscraped?: readonly Finding[];
  /** Whether something conflicts with its node_exporter. */
  readonly refused?: boolean;
}

/** What one script has set up on a node, and what would conflict with it, a sentence each. */
interface Part {
  readonly managed: Managed;
  readonly repair: Repair;
  readonly refusals: readonly string[];
}

/** Inspects all nodes at once, in one SSH session each. */
export async function inspectNodes(loaded: LoadedStack): Promise<NodeReport> {
  const { nodes } = loaded.settings;
  await shareJumpLogins(nodes.map(sshMachineOf));
  const reports = await Promise.all(nodes.map((node) => inspectNode(loaded, node)));
  const refused = new Set(nodes.filter((_, at) => reports[at]?.refused).map(({ name }) => name));
  return {
    findings: reports.flatMap(({ findings, unscraped = [] }) => [
      ...findings,
      // The conflict with node_exporter is the reason.
      ...unscraped.filter(({ subject }) => !refused.has(subject)),
    ]),
    information: reports.flatMap(({ information = [] }) => information),
    refused,
  };
}

async function inspectNode(loaded: LoadedStack, node: NodeSettings): Promise<NodeInspection> {
  const { settings } = loaded;
  const subject = node.name;
  const setUps = setUpsOf(settings, node, masterInputs(loaded, node));
  const managed = merge(setUps.map((each) => each.managed()));
  const machine = sshMachineOf(node);
  const script = renderInspection(managed, lossSeconds(settings));
  const inspection = await inspect(machine, script, rootCommand(machine, "inspect"));
  if ("reason" in inspection) {
    return failedInspection(node, inspection);
  }
  const parts = await Promise.all(setUps.map((each) => partOf(node, each, inspection)));
  const conflicts = parts.flatMap(({ refusals }) => refusals.map((each) => conflict(subject, each)));
  const free = parts.filter(({ refusals }) => refusals.length === 0);
  const refused = (parts[0]?.refusals.length ?? 0) > 0;
  if (managed.files.every(({ path }) => (inspection.words("file", path)[0] ?? "") === "")) {
    const problem = "nothing is set up on it, as after a new SD card";
    const repairs = free.map(({ repair }) => repair);
    const empty = repairs.length > 0 ? [repairableFinding(loaded, subject, problem, ...repairs)] : [];
    return { findings: [...conflicts, ...empty], refused };
  }
  const isScraping = free.some((part) => part.managed.prometheusUrl !== undefined);
  return {
    findings: [
      ...conflicts,
      ...parts.flatMap((part) => deviations(loaded, subject, part, inspection)),
      ...machineProblems(subject, managed, inspection, settings),
      ...staleMetrics(subject, managed, inspection),
      ...(isScraping ? remoteWriting(settings, node, inspection) : []),
      ...distrust(loaded, subject, inspection),
    ],
    information: [
      ...newerPackages(subject, managed, inspection),
      ...silentFirmware(subject, inspection),
      ...(isScraping ? unscrapedTargets(node, inspection) : []),
    ],
    unscraped: isScraping ? unscrapedNodes(settings, node, inspection) : [],
    refused,
  };
}

function failedInspection(node: NodeSettings, { reason, reached }: RunFailure): NodeInspection {
  const machine = sshMachineOf(node);
  const problem = `cannot be ${reached ? "inspected" : "reached"}: ${reason}`;
  if (node.mayBeOff && !reached) {
    return { findings: [], information: [`${node.name} ${problem}; it may be off`] };
  }
  const ofJump =
    machine.jump === undefined ? "" : `, and \`${trustCommand(machine.jump)}\` that of the jump host`;
  const remedy = reached
    ? `${machine.user} needs this line in sudoers there: ${sudoersLine(machine.user)}`
    : `switch it${machine.jump === undefined ? "" : ", and its jump host,"} on; if another machine answers at ${machine.host}, \`${trustCommand(machine)}\` shows its key${ofJump}`;
  return { findings: [{ subject: node.name, problem, remedy }] };
}

/** The packages of which apt has another version. */
function newerPackages(node: string, { packages }: Managed, { words }: Inspection): string[] {
  return packages.flatMap((name) => {
    const [version = "", candidate = ""] = words("package", name);
    const isNewest = version === "" || candidate === version;
    return isNewest ? [] : [`${node} has ${name} ${version}; apt has ${candidate}`];
  });
}

/** Only a daemon that does not run has conflicts: its script would refuse to start it. */
async function partOf(node: NodeSettings, setUp: SetUp, inspection: Inspection): Promise<Part> {
  const managed = setUp.managed();
  const refusals = hasStoppedDaemon(managed, inspection) ? await nodeRefusals(node, [setUp]) : [];
  return { managed, repair: { how: "run", resource: setUp.resource }, refusals };
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
  { managed, repair, refusals }: Part,
  inspection: Inspection,
): Finding[] {
  const finding = (problem: string): Finding => repairableFinding(loaded, node, problem, repair);
  if (refusals.length === 0) {
    return differences(managed, inspection).map(finding);
  }
  // The conflicts explain the state of the daemons.
  return differences({ ...managed, daemons: [] }, inspection).map((problem) => ({
    subject: node,
    problem,
    remedy: `first resolve the conflict there; then ${finding(problem).remedy}`,
  }));
}

function masterInputs({ settings, outputs, resources }: LoadedStack, { name }: NodeSettings) {
  const certificate = issuersOf({ resources });
  const issuers = certificate === undefined ? undefined : outputOf(resources, certificate);
  return {
    remoteWriteUrl: outputs.urls.telegraf,
    credential: outputs.ingestCredentials?.[name] ?? "",
    issuers: privateAuthority(settings.ingress) ?? issuers,
  };
}
