import { containers, ingestContainers } from "../../components/server/resourceNames";
import { telegrafName } from "../../components/server/telegraf/telegraf";
import { exposedServices, ingressOf } from "../../components/settings/settings";
import type { LoadedStack, Stack } from "../stack/stack";
import { type Finding, reasonOf } from "./findings";
import { inspectNodes } from "./machines/nodes";
import { type BufferHealth, bufferFindings, parseBuffer } from "./server/buffer";
import { type ContainerHealth, type ContainerReport, inspectContainers } from "./server/containers";
import { ingestFindings, inspectCredentials, overdueCredentials } from "./server/credentials";
import { inspectFront } from "./server/front";
import { imagesBehind, olderImages } from "./server/images";
import { inspectInfluxDb } from "./server/influxDb";
import { inspectNames } from "./server/names";
import { inspectSamples, type NodeHealth, unknownNodes } from "./server/samples";
import { inspectVps } from "./server/vps";

/** The state of the running system. */
export interface Examination {
  /** Whether there is no finding. */
  readonly ok: boolean;
  readonly nodes: readonly NodeHealth[];
  readonly containers: readonly ContainerHealth[];
  /** `null` if Telegraf does not report it. */
  readonly buffer: BufferHealth | null;
  readonly findings: readonly Finding[];
  /** What is worth knowing and not wrong. */
  readonly information: readonly string[];
  /** Grafana's address; `null` if the portal does not serve it. */
  readonly grafana: string | null;
}

/** Examines the nodes and the server, all at once, and changes nothing. */
export async function examine(stack: Stack): Promise<Examination> {
  return examineLoaded(await stack.load());
}

export async function examineLoaded(loaded: LoadedStack): Promise<Examination> {
  const { settings, outputs } = loaded;
  const [nodes, server] = await Promise.all([inspectNodes(loaded), examineServer(loaded)]);
  const findings = [
    ...nodes.findings,
    // A conflict with a node's node_exporter explains its silence.
    ...server.findings.filter(({ subject, passes }) => passes !== true || !nodes.refused.has(subject)),
    ...overdueCredentials(loaded),
    ...imagesBehind(loaded),
  ];
  return {
    ok: findings.length === 0,
    nodes: server.nodes,
    containers: server.containers,
    buffer: server.buffer,
    findings,
    information: [...nodes.information, ...olderImages(settings)],
    grafana: exposedServices(settings).includes("grafana") ? outputs.urls.grafana : null,
  };
}

type ServerReport = Pick<Examination, "nodes" | "containers" | "buffer" | "findings">;

async function examineServer(loaded: LoadedStack): Promise<ServerReport> {
  const { settings } = loaded;
  const vps =
    settings.vps === "local" ? { reached: true, findings: [] } : await inspectVps(loaded, settings.vps);
  if (!vps.reached) {
    return { nodes: unknownNodes(settings), containers: [], buffer: null, findings: vps.findings };
  }
  const engine = await inspectContainers(loaded).catch(silentEngine);
  const ingress = ingressOf(settings).kind;
  const ingestContainer = ingestContainers[ingress];
  const buffer = parseBuffer(engine.files.get(telegrafName(settings))?.text ?? "");
  const runs = (name: string): boolean =>
    engine.containers.some((each) => each.name === name && each.state === "running");
  // A container that does not run is a finding already.
  const [samples, influxDb, names, credentials, front] = await Promise.all([
    inspectSamples(loaded),
    settings.influxdb.url !== undefined || runs(containers.influxdb) ? inspectInfluxDb(loaded) : [],
    ingress === "portal" ? inspectNames(settings, engine.files.get(ingestContainer)?.text ?? "") : [],
    runs(containers.grafana) ? inspectCredentials(loaded) : [],
    runs(containers.grafana) && runs(ingestContainer) ? inspectFront(loaded) : [],
  ]);
  return {
    nodes: samples.nodes,
    containers: engine.containers,
    buffer,
    findings: [
      ...vps.findings,
      ...engine.findings,
      ...samples.findings,
      ...bufferFindings(buffer),
      ...influxDb,
      ...ingestFindings(loaded, engine.files.get(ingestContainer)?.sums),
      ...names,
      ...credentials,
      ...front,
    ],
  };
}

function silentEngine(error: unknown): ContainerReport {
  return {
    containers: [],
    files: new Map(),
    findings: [
      {
        subject: "Docker",
        problem: `the server's engine does not answer: ${reasonOf(error)}`,
        remedy: "`systemctl status docker` on the server says why",
      },
    ],
  };
}
