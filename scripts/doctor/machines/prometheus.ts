import { hostOf } from "../../../components/settings/address";
import { resources as names } from "../../../components/server/resourceNames";
import type { NodeSettings, Settings } from "../../../components/settings/settings";
import type { LoadedStack } from "../../stack/stack";
import { nameOf } from "../../stack/state";
import { drift, type Finding, freshSeconds, lossWindow } from "../findings";
import type { Inspection } from "./inspection";

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

/** An answer of Prometheus; none where another program has the port. */
function answerOf({ words }: Inspection, name: string): Answer | undefined {
  const [text = ""] = words(name);
  return text.startsWith('{"status":"success","data":') ? (JSON.parse(text) as Answer) : undefined;
}

/** The targets that Prometheus cannot scrape. */
export function unscrapedNodes(
  { nodes }: Pick<Settings, "nodes">,
  master: NodeSettings,
  inspection: Inspection,
): Finding[] {
  return (answerOf(inspection, "targets")?.data.activeTargets ?? [])
    .filter(({ health }) => health === "down")
    .map(({ scrapeUrl, lastError }) => {
      const url = new URL(scrapeUrl);
      const { name } = nodes.find((node) => node.host === hostOf(url)) ?? master;
      return {
        subject: name,
        problem: `Prometheus on ${master.name} cannot scrape ${url.host}: ${lastError}`,
        remedy: `the name must resolve to it, and its port be open to ${master.name}`,
        passes: true,
      };
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

/** The finding that a master does not trust the server's certificate, as after the portal has signed a new one itself. */
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
  return issuers === undefined
    ? [
        {
          subject: master,
          problem,
          remedy: "`docker logs` of the portal on the server says why it has none that is trusted",
        },
      ]
    : [drift(loaded, master, problem, { how: "run", resource: issuers })];
}

/** The problems of the remote write of a master. */
export function remoteWriting(settings: Settings, master: NodeSettings, inspection: Inspection): Finding[] {
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
