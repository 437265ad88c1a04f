import { setTimeout } from "node:timers/promises";
import { exec } from "../rehearsal/machines/machine";
import type { Bench, Measurement } from "./bench";
import { figure } from "./figure";
import { exporterOnDisk, freshPis, nodeMachine } from "./fleet";
import { parseSeries, type Fleet } from "./ingest/load";
import {
  loadNodes,
  master,
  memoryGrowth,
  mostMemory,
  takeInfluxDbAway,
  tryLoad,
  type IngestServer,
} from "./ingest/trial";
import { Project, settingsOf } from "./project";
import type { Result } from "./result";
import { freshServer } from "./server";

/** A fleet whose master sends for some minutes, and for as long with InfluxDB away for a part of it. */
export interface IngestLoad {
  readonly nodes: number;
  readonly samplesPerSecond: number;
  readonly minutes: number;
  readonly awaySeconds: number;
  /** Until all that waited is sent. */
  readonly drainSeconds: number;
}

interface ServerOutputs {
  readonly urls: { readonly telegraf: string };
  readonly certificate: string;
  readonly readToken: string;
  readonly ingestCredentials: Readonly<Record<string, string>>;
}

/** Remote write of a fleet through the whole server: TLS, credential, Telegraf's buffer on disk, InfluxDB. */
export function sustainedIngest(load: IngestLoad): Measurement {
  return {
    title: `${load.samplesPerSecond} samples a second of ${load.nodes} nodes`,
    measure: async (bench) => {
      const fleet: Fleet = {
        nodes: loadNodes(load.nodes, "agent").map(({ host }) => host),
        series: parseSeries(await scrapeOfANode(bench)),
        // A little more, as what is measured must not be less.
        samplesPerSecond: 1.02 * load.samplesPerSecond,
      };
      const server = await serverForLoad(load, bench);
      bench.preparation.report(`sending for ${load.minutes} minutes`);
      const steady = await tryLoad(server, fleet, () => setTimeout(load.minutes * 60_000));
      bench.preparation.report(
        `${steady.perSecond.toFixed(0)} samples a second were taken, and ${steady.lost} lost; sending while InfluxDB is away for ${load.awaySeconds} s`,
      );
      let drained = Number.NaN;
      const interrupted = await tryLoad(server, fleet, async () => {
        await setTimeout(10_000);
        const { awaySeconds, drainSeconds: limitSeconds } = load;
        drained = await takeInfluxDbAway(server, { awaySeconds, limitSeconds });
      });
      const once = (
        name: string,
        title: string,
        value: number,
        rest: Pick<Result, "unit" | "limit">,
      ): Result => ({
        name,
        title,
        figure: figure([value]),
        ...rest,
      });
      const away = `InfluxDB away for ${load.awaySeconds} s`;
      return [
        once("ingestPerSecond", `sustained ingest, ${load.minutes} min`, steady.perSecond, {
          unit: "samples/s",
          limit: { atLeast: load.samplesPerSecond },
        }),
        once("ingestLost", `samples lost, ${away} in the second half`, steady.lost + interrupted.lost, {
          unit: `of ${steady.samples + interrupted.samples}`,
          limit: { atMost: 0 },
        }),
        once(
          "ingestMemoryGrowth",
          "memory of the last third against the second, medians, worst container",
          memoryGrowth(steady),
          {
            unit: "times",
            limit: { atMost: 1.25 },
          },
        ),
        ...mostMemory(steady).map(([container, megabytes]) =>
          once(`ingestMegabytes: ${container}`, `most memory of ${container}`, megabytes, { unit: "MB" }),
        ),
        once("ingestDrainSeconds", `${away}, until what waited was sent`, drained, {
          unit: "s",
          limit: { atMost: load.drainSeconds },
        }),
      ];
    },
  };
}

/** What a real node_exporter answers. */
async function scrapeOfANode(bench: Bench): Promise<string> {
  const pis = await freshPis(1, bench);
  const project = new Project(bench, "nodes");
  await project.reset({ ...settingsOf(pis), exporter: await exporterOnDisk() });
  await project.up("--skip-preview");
  return exec(nodeMachine(0), ["curl", "-sS", "http://localhost:9100/metrics"]);
}

/** A server that is sized for the load, as the nodes of that are in its settings. */
async function serverForLoad({ nodes }: IngestLoad, bench: Bench): Promise<IngestServer> {
  const server = await freshServer(bench, "bench.test");
  const project = new Project({ ...bench, pulumi: { ...bench.pulumi, ...server.environment } }, "server");
  await project.reset({
    ...server.settings,
    nodes: loadNodes(nodes, "agent"),
  });
  await project.up("--skip-preview");
  const { urls, certificate, readToken, ingestCredentials } = await project.outputs<ServerOutputs>();
  return {
    machine: server.machine,
    org: "pi-monitoring",
    readToken,
    target: {
      url: new URL(urls.telegraf),
      address: server.https,
      certificate,
      credential: ingestCredentials[master] ?? "",
    },
  };
}
