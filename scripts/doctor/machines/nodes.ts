import { hostOf } from "../../../components/settings/address";
import { sshMachineOf } from "../../../components/node/nodeScript";
import { managedOnNode } from "../../../components/node/piNode";
import { managedOnMaster } from "../../../components/node/prometheusMaster";
import { type Managed, merge, renderInspection } from "../../../components/machine/installed";
import { rootCommand, sudoersLine } from "../../../components/machine/remoteScript";
import { privateAuthority } from "../../../components/settings/ingress";
import type { NodeSettings } from "../../../components/settings/settings";
import { nodeRefusals, setUpsOf } from "../../stack/nodeRefusals";
import { nameOf } from "../../stack/state";
import { drift, type Finding, freshSeconds, type Known, lossWindow, type Mend } from "../findings";
import { ailments, differences, hasStoppedDaemon, inspect, type Inspection } from "./inspection";

/** What was found on the nodes, and what is worth knowing of them. */
export interface NodeReport {
  readonly findings: readonly Finding[];
  readonly information: readonly string[];
  /** Names of the nodes where something is in the way of node_exporter. */
  readonly refused: ReadonlySet<string>;
}

/** What one node tells, of itself and of those that it scrapes. */
interface NodeInspection extends Omit<NodeReport, "refused"> {
  /** Nodes that Prometheus cannot scrape. */
  readonly unscraped: readonly Finding[];
  /** Whether something is in the way of its node_exporter. */
  readonly refused: boolean;
}

/** Something that one script has set up on a node. */
interface Part {
  readonly managed: Managed;
  readonly mend: Mend;
}

/** Looks at every node at once, in one SSH session each. */
export async function inspectNodes(known: Known): Promise<NodeReport> {
  const reports = await Promise.all(known.settings.nodes.map((node) => inspectNode(known, node)));
  const refused = new Set(
    known.settings.nodes.filter((_, at) => reports[at]?.refused).map(({ name }) => name),
  );
  return {
    findings: reports.flatMap(({ findings, unscraped }) => [
      ...findings,
      // What is in the way of node_exporter is the reason.
      ...unscraped.filter(({ subject }) => !refused.has(subject)),
    ]),
    information: reports.flatMap(({ information }) => information),
    refused,
  };
}

async function inspectNode(known: Known, node: NodeSettings): Promise<NodeInspection> {
  const { settings } = known;
  const parts = partsOf(known, node);
  const managed = merge(parts.map((part) => part.managed));
  const machine = sshMachineOf(node);
  const script = renderInspection(managed, lossWindow(settings));
  const inspection = await inspect(machine, script, rootCommand(machine, "inspect"));
  if ("reason" in inspection) {
    const { reason, reached } = inspection;
    const problem = reached ? `cannot be looked at: ${reason}` : `cannot be reached: ${reason}`;
    const unseen = { information: [], unscraped: [], refused: false };
    if (node.mayBeOff && !reached) {
      return { ...unseen, findings: [], information: [`${node.name} ${problem}; it may be off`] };
    }
    const remedy = reached
      ? `${machine.user} needs this line in sudoers there: ${sudoersLine(machine.user)}`
      : `switch it on; if another machine answers at ${machine.host}, \`npm run trust -- ${machine.host}\` shows its key`;
    return { ...unseen, findings: [{ subject: node.name, problem, remedy }] };
  }
  const looks = await Promise.all(
    parts.map(async (part) => ({ ...part, refusals: await refusalsOf(known, node, part, inspection) })),
  );
  const refusals = looks.flatMap((look) => look.refusals.map((sentence) => obstacle(node.name, sentence)));
  const refused = (looks[0]?.refusals.length ?? 0) > 0;
  if (managed.files.every(({ path }) => (inspection.words("file", path)[0] ?? "") === "")) {
    const problem = "nothing is set up on it, as after a new SD card";
    const mends = looks.filter((look) => look.refusals.length === 0).map(({ mend }) => mend);
    const empty = mends.length > 0 ? [drift(known, node.name, problem, ...mends)] : [];
    return { findings: [...refusals, ...empty], information: [], unscraped: [], refused };
  }
  const scraping = looks.find(
    (look) => look.managed.prometheusUrl !== undefined && look.refusals.length === 0,
  );
  return {
    findings: [
      ...refusals,
      ...looks.flatMap((look) => deviations(known, node.name, look, inspection)),
      ...ailments(managed, inspection, settings).map((each) => ({ subject: node.name, ...each })),
      ...staleMetrics(node.name, managed, inspection),
      ...(scraping === undefined ? [] : remoteWriting(known, node, inspection)),
      ...distrust(known, node.name, inspection),
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
    unscraped: scraping === undefined ? [] : unscrapedNodes(known, node, inspection),
    refused,
  };
}

/** What is in the way of a daemon that does not run: its script would refuse to start it. */
async function refusalsOf(
  { settings }: Known,
  node: NodeSettings,
  { managed, mend }: Part,
  inspection: Inspection,
): Promise<string[]> {
  return hasStoppedDaemon(managed, inspection)
    ? nodeRefusals(
        node,
        setUpsOf(settings, node).filter(({ resource }) => resource === mend.resource),
      )
    : [];
}

/** The finding of what only a person can move. A script's sentence ends with what to do. */
function obstacle(subject: string, sentence: string): Finding {
  const [, problem = sentence, remedy = "it has to go first"] = /^(.*): (.*)$/.exec(sentence) ?? [];
  return { subject, problem, remedy };
}

/** What differs from what a script has set up, beside what is in the way of it. */
export function deviations(
  known: Known,
  node: string,
  { managed, mend, refusals }: Part & { readonly refusals: readonly string[] },
  inspection: Inspection,
): Finding[] {
  if (refusals.length === 0) {
    return differences(managed, inspection).map((problem) => drift(known, node, problem, mend));
  }
  // Of the daemons, what is in the way says it all.
  return differences({ ...managed, daemons: [] }, inspection).map((problem) => {
    const { remedy } = drift(known, node, problem, mend);
    return { subject: node, problem, remedy: `first what is in the way there; then ${remedy}` };
  });
}

function partsOf({ settings, outputs, resources }: Known, node: NodeSettings): Part[] {
  const exporters: Part = {
    managed: managedOnNode({ node, exporter: settings.exporter }),
    mend: { how: "run", resource: `${node.name}-exporters` },
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
  const issuers = resources.find(({ urn }) => urn.endsWith("-certificate"))?.outputs;
  return [
    exporters,
    {
      managed: managedOnMaster(args, credential, privateAuthority(settings.ingress) ?? stdoutOf(issuers)),
      mend: { how: "run", resource: `${node.name}-prometheus-script` },
    },
  ];
}

function stdoutOf(outputs: object | undefined): string | undefined {
  return outputs !== undefined && "stdout" in outputs && typeof outputs.stdout === "string"
    ? outputs.stdout
    : undefined;
}

/** Seconds after which a file that is written every 15 has not been. */
const stale = 60;

/** Files of metrics that are too old. Those of the firmware are expected where it answers, or did since the boot. */
export function staleMetrics(
  node: string,
  { metrics }: Pick<Managed, "metrics">,
  { words }: Inspection,
): Finding[] {
  return metrics.flatMap(({ path, needsFirmware }): Finding[] => {
    const written = words("metrics", path)[0] ?? "";
    if (needsFirmware && written === "" && !firmwareAnswers(words)) {
      return [];
    }
    const age = Number(words("clock")[0]) - Number(written);
    return age <= stale
      ? []
      : [
          {
            subject: node,
            problem: `${path} was not written for ${stale} seconds`,
            remedy: "`systemctl status pi-monitoring-textfiles.timer pi-monitoring-textfiles` there says why",
            passes: true,
          },
        ];
  });
}

/** A `vcgencmd` that has no device to ask, as on a machine that is no Pi. */
export function silentFirmware(node: string, { words }: Inspection): string[] {
  const [path = "", answer = ""] = words("sensors");
  return path === "" || firmwareAnswers(words)
    ? []
    : [`${node} reports no voltage and no throttling: vcgencmd says "${answer === "" ? "nothing" : answer}"`];
}

function firmwareAnswers(words: Inspection["words"]): boolean {
  return /^throttled=0x[0-9a-f]{1,5}$/i.test(words("sensors")[1] ?? "");
}

/** An answer of Prometheus's API. */
interface Answer {
  readonly data: {
    readonly activeTargets: readonly {
      readonly scrapeUrl: string;
      readonly health: string;
      readonly lastError: string;
    }[];
    readonly result: readonly { readonly value: readonly [number, string] }[];
  };
}

/** An answer of Prometheus's; none where another program has the port. */
function answerOf({ words }: Inspection, name: string): Answer | undefined {
  const [text = ""] = words(name);
  return text.startsWith('{"status":"success","data":') ? (JSON.parse(text) as Answer) : undefined;
}

/** What Prometheus tells of its targets. */
function unscrapedNodes({ settings }: Known, master: NodeSettings, inspection: Inspection): Finding[] {
  return (answerOf(inspection, "targets")?.data.activeTargets ?? [])
    .filter(({ health }) => health === "down")
    .map(({ scrapeUrl, lastError }) => {
      const url = new URL(scrapeUrl);
      const { name } = settings.nodes.find((node) => node.host === hostOf(url)) ?? master;
      return {
        subject: name,
        problem: `Prometheus on ${master.name} cannot scrape ${url.host}: ${lastError}`,
        remedy: `the name must lead to it, and its port be open to ${master.name}`,
        passes: true,
      };
    });
}

/** What curl exits with where it does not trust a server's certificate. */
const untrusted = "60";

/** That a master does not trust the certificate that the server shows, as after the portal has signed another one itself. */
export function distrust(known: Known, master: string, { words }: Inspection): Finding[] {
  const [status, reason = ""] = words("certificate");
  if (status !== untrusted) {
    return [];
  }
  const problem = `it does not trust the server's certificate: ${reason.replace(/^curl: \(\d+\) /, "")}`;
  const issuers = known.resources.find(({ urn }) => urn.endsWith("-certificate"));
  return issuers === undefined
    ? [
        {
          subject: master,
          problem,
          remedy: "`docker logs` of the portal on the server says why it has none that is trusted",
        },
      ]
    : [drift(known, master, problem, { how: "run", resource: nameOf(issuers) })];
}

/** What Prometheus tells of its remote write. */
function remoteWriting({ settings }: Known, master: NodeSettings, inspection: Inspection): Finding[] {
  const figure = (name: string): number => Number(answerOf(inspection, name)?.data.result[0]?.value[1] ?? 0);
  const finding = (problem: string): Finding => ({
    subject: master.name,
    problem,
    remedy: "`journalctl -u pi-monitoring-prometheus` there says why",
    passes: true,
  });
  if (answerOf(inspection, "targets") === undefined) {
    return [finding("Prometheus does not answer")];
  }
  const behind = figure("behind");
  const failed = figure("failed");
  const isRefused = (answerOf(inspection, "loaded")?.data.result.length ?? 0) > 0 && figure("loaded") === 0;
  return [
    ...(behind > freshSeconds(settings) ? [finding(`remote write is ${behind.toFixed(0)} s behind`)] : []),
    ...(failed > 0
      ? [
          finding(
            `the server has refused ${failed.toFixed(0)} samples in the last ${lossWindow(settings)} s; they are lost`,
          ),
        ]
      : []),
    ...(isRefused ? [finding("Prometheus could not load its configuration")] : []),
  ];
}
