import { sshMachineOf } from "../../components/node/nodeScript";
import { managedOnNode } from "../../components/node/piNode";
import { managedOnMaster } from "../../components/node/prometheusMaster";
import { type Managed, merge, renderInspection } from "../../components/managed";
import { rootCommand, sudoersLine } from "../../components/remoteScript";
import type { NodeSettings } from "../../components/settings";
import { drift, type Finding, freshSeconds, type Known, lossWindow, type Mend } from "./findings";
import { ailments, differences, inspect, type Inspection } from "./machines";

/** What was found on the nodes, and what is worth knowing of them. */
export interface NodeReport {
  readonly findings: readonly Finding[];
  readonly information: readonly string[];
}

/** Something that one script has set up on a node. */
interface Part {
  readonly managed: Managed;
  readonly mend: Mend;
}

/** Looks at every node at once, in one SSH session each. */
export async function inspectNodes(known: Known): Promise<NodeReport> {
  const reports = await Promise.all(known.settings.nodes.map((node) => inspectNode(known, node)));
  return {
    findings: reports.flatMap(({ findings }) => findings),
    information: reports.flatMap(({ information }) => information),
  };
}

async function inspectNode(known: Known, node: NodeSettings): Promise<NodeReport> {
  const { settings } = known;
  const parts = partsOf(known, node);
  const managed = merge(parts.map((part) => part.managed));
  const machine = sshMachineOf(node);
  const script = renderInspection(managed, lossWindow(settings));
  const inspection = await inspect(machine, script, rootCommand(machine, "inspect"));
  if ("reason" in inspection) {
    const { reason, reached } = inspection;
    const problem = reached ? `cannot be looked at: ${reason}` : `cannot be reached: ${reason}`;
    if (node.mayBeOff && !reached) {
      return { findings: [], information: [`${node.name} ${problem}; it may be off`] };
    }
    const remedy = reached
      ? `${machine.user} needs this line in sudoers there: ${sudoersLine(machine.user)}`
      : `switch it on; if another machine answers at ${machine.host}, \`npm run trust -- ${machine.host}\` shows its key`;
    return { findings: [{ subject: node.name, problem, remedy }], information: [] };
  }
  if (managed.files.every(({ path }) => (inspection.words("file", path)[0] ?? "") === "")) {
    const problem = "nothing is set up on it, as after a new SD card";
    const finding = drift(known, node.name, problem, ...parts.map(({ mend }) => mend));
    return { findings: [finding], information: [] };
  }
  return {
    findings: [
      ...parts.flatMap(({ managed: wanted, mend }) =>
        differences(wanted, inspection).map((problem) => drift(known, node.name, problem, mend)),
      ),
      ...ailments(managed, inspection, settings).map((each) => ({ subject: node.name, ...each })),
      ...staleMetrics(node.name, managed, inspection),
      ...(managed.prometheusUrl !== undefined ? scraping(known, node, inspection) : []),
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
  };
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
  const certificate = resources.find(({ urn }) => urn.endsWith("-certificate"))?.outputs;
  return [
    exporters,
    {
      managed: managedOnMaster(args, credential, stdoutOf(certificate)),
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

/** What Prometheus tells of its targets and of its remote write. */
function scraping({ settings }: Known, master: NodeSettings, { words }: Inspection): Finding[] {
  const answer = (name: string): Answer | undefined => {
    const [text = ""] = words(name);
    return text === "" ? undefined : (JSON.parse(text) as Answer);
  };
  const figure = (name: string): number => Number(answer(name)?.data.result[0]?.value[1] ?? 0);
  const finding = (subject: string, problem: string, remedy: string): Finding => {
    return { subject, problem, remedy, passes: true };
  };
  const log = "`journalctl -u pi-monitoring-prometheus` there says why";

  const targets = answer("targets")?.data.activeTargets;
  if (targets === undefined) {
    return [finding(master.name, "Prometheus does not answer", log)];
  }
  const down = targets
    .filter(({ health }) => health === "down")
    .map(({ scrapeUrl, lastError }) => {
      const { hostname, host } = new URL(scrapeUrl);
      const { name } = settings.nodes.find((node) => node.host === hostname) ?? master;
      const problem = `Prometheus on ${master.name} cannot scrape ${host}: ${lastError}`;
      return finding(name, problem, `the name must lead to it, and its port be open to ${master.name}`);
    });
  const behind = figure("behind");
  const failed = figure("failed");
  return [
    ...down,
    ...(behind > freshSeconds(settings)
      ? [finding(master.name, `remote write is ${behind.toFixed(0)} s behind`, log)]
      : []),
    ...(failed > 0
      ? [
          finding(
            master.name,
            `the server has refused ${failed.toFixed(0)} samples in the last ${lossWindow(settings)} s; they are lost`,
            log,
          ),
        ]
      : []),
    ...((answer("loaded")?.data.result.length ?? 0) > 0 && figure("loaded") === 0
      ? [finding(master.name, "Prometheus could not load its configuration", log)]
      : []),
  ];
}
