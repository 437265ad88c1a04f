import { hostOf } from "../../../components/settings/address";
import { isOwnJob } from "../../../components/settings/jobNames";
import { resources as names } from "../../../components/server/resourceNames";
import type { NodeSettings, Settings } from "../../../components/settings/settings";
import type { LoadedStack } from "../../stack/stack";
import { nameOf } from "../../stack/state";
import { type Finding, repairableFinding } from "../findings";
import { freshSeconds, lossSeconds } from "../sampleLimits";
import type { Inspection } from "./inspection";

interface Target {
  /** The name of its job in the configuration; a rule can change the label `job`. */
  readonly scrapePool: string;
  readonly scrapeUrl: string;
  readonly health: string;
  readonly lastError: string;
}

/** An answer of Prometheus's API. */
interface Answer {
  readonly data: {
    readonly activeTargets: readonly Target[];
    readonly result: readonly { readonly value: readonly [number, string] }[];
  };
}

/** An answer of Prometheus; none where another program has the port. */
function answerOf({ words }: Inspection, name: string): Answer | undefined {
  const [text = ""] = words(name);
  return text.startsWith('{"status":"success","data":') ? (JSON.parse(text) as Answer) : undefined;
}

function targetsDown(inspection: Inspection): readonly Target[] {
  const targets = answerOf(inspection, "targets")?.data.activeTargets ?? [];
  return targets.filter(({ health }) => health === "down");
}

/** The targets on nodes that Prometheus cannot scrape. */
export function unscrapedNodes(
  { nodes }: Pick<Settings, "nodes">,
  master: NodeSettings,
  inspection: Inspection,
): Finding[] {
  const down = targetsDown(inspection).filter(({ scrapePool }) => isOwnJob(scrapePool));
  // The probes of the preset `internet` are many targets at one address.
  const byAddress = new Map(down.map((target) => [new URL(target.scrapeUrl).host, target]));
  return [...byAddress].map(([address, { scrapeUrl, lastError }]) => {
    const { name } = nodes.find((node) => node.host === hostOf(new URL(scrapeUrl))) ?? master;
    return {
      subject: name,
      problem: `Prometheus on ${master.name} cannot scrape ${address}: ${lastError}`,
      remedy: `the name must resolve to it, and its port be open to ${master.name}`,
      mayPassByItself: true,
    };
  });
}

/** The targets of the user's jobs that Prometheus cannot scrape, a sentence each: they are no concern of this program. */
export function unscrapedTargets(master: NodeSettings, inspection: Inspection): string[] {
  return targetsDown(inspection)
    .filter(({ scrapePool }) => !isOwnJob(scrapePool))
    .map(({ scrapePool, scrapeUrl, lastError }) => {
      // Prometheus takes targets that are no URL, such as a port of 6 digits.
      const address = /^\w+:\/\/(?:[^/@]*@)?([^/?]*)/.exec(scrapeUrl)?.[1] ?? "a target";
      // The parameters of a URL may be secrets.
      const reason = lastError.replace(/\?[^\s"]*/g, "?…");
      return `job ${scrapePool}: ${master.name} cannot scrape ${address}: ${reason}`;
    });
}

/** The resource whose script reads what signs the portal's certificate, in a stack that has one. */
export function issuersOf({ resources }: Pick<LoadedStack, "resources">): string | undefined {
  return [names.portalCertificate, names.ingestProxyCertificate].find((name) =>
    resources.some((each) => nameOf(each) === name),
  );
}

/** The exit code of curl for a certificate that it does not trust. */
const untrusted = "60";

/**
 * The finding that a master does not trust the server's certificate, as after the portal has signed a new one itself. The
 * words are of the curl in components/machine/installed.inspect.sh.mustache.
 */
export function distrust(
  loaded: Pick<LoadedStack, "stack" | "resources">,
  master: string,
  { words }: Inspection,
): Finding[] {
  const [status, reason = ""] = words("certificate");
  if (status !== untrusted) {
    return [];
  }
  const problem = `it does not trust the server's certificate: ${reason.replace(/^curl: \(\d+\) /, "")}`;
  const issuers = issuersOf(loaded);
  if (issuers !== undefined) {
    return [repairableFinding(loaded, master, problem, { how: "run", resource: issuers })];
  }
  const remedy = "`docker logs` of the portal on the server says why it has none that is trusted";
  return [{ subject: master, problem, remedy }];
}

/** The problems of the remote write of a master. */
export function remoteWriting(settings: Settings, master: NodeSettings, inspection: Inspection): Finding[] {
  const finding = (problem: string): Finding => ({
    subject: master.name,
    problem,
    remedy: "`journalctl -u pi-monitoring-prometheus` there says why",
    mayPassByItself: true,
  });
  if (answerOf(inspection, "targets") === undefined) {
    return [finding("Prometheus does not answer")];
  }
  const resultOf = (name: string): number =>
    Number(answerOf(inspection, name)?.data.result[0]?.value[1] ?? NaN);
  const found: Finding[] = [];
  const behind = resultOf("behind");
  if (behind > freshSeconds(settings)) {
    found.push(finding(`remote write is ${behind.toFixed(0)} s behind`));
  }
  const failed = resultOf("failed");
  if (failed > 0) {
    const lost = `${failed.toFixed(0)} samples in the last ${lossSeconds(settings)} s; they are lost`;
    found.push(finding(`the server has refused ${lost}`));
  }
  if (resultOf("loaded") === 0) {
    found.push(finding("Prometheus could not load its configuration"));
  }
  return found;
}
