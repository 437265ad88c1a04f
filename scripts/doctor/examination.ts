import type { Duration } from "zx";
import { containers, ingestContainers } from "../../components/server/resourceNames";
import { telegrafName } from "../../components/server/telegraf/telegraf";
import { exposedServices } from "../../components/settings/settings";
import { reasonOf, Server } from "../remote/server";
import { type LoadedStack, requireDeployed, type Stack } from "../stack/stack";
import type { Finding } from "./findings";
import { inspectNodes } from "./machines/nodes";
import { type BufferHealth, bufferFindings, parseBuffer } from "./server/buffer";
import { type ContainerHealth, inspectContainers } from "./server/containers";
import { ingestFindings, inspectCredentials, overdueCredentials } from "./server/credentials";
import { inspectLoopbackIngress } from "./server/loopbackIngress";
import { imagesBehind, olderImages } from "./server/images";
import { inspectInfluxDb } from "./server/influxDb";
import { leftOutFindings } from "./server/names";
import { inspectSamples, nodeHealth, type NodeHealth } from "./server/samples";
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

/** @param timeout of each command on the server: a Docker that hangs must not hang the doctor */
export async function examineLoaded(stack: LoadedStack, timeout: Duration = "60s"): Promise<Examination> {
  const { settings, outputs } = stack;
  requireDeployed(stack);
  const loaded = { ...stack, server: new Server(settings.vps, timeout) };
  const [nodes, server] = await Promise.all([inspectNodes(loaded), examineServer(loaded)]);
  const findings = [
    ...nodes.findings,
    // A conflict with a node's node_exporter explains its silence.
    ...server.findings.filter((each) => each.mayPassByItself !== true || !nodes.refused.has(each.subject)),
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
  const unknown = { nodes: nodeHealth(settings, []), containers: [], buffer: null };
  const vps =
    settings.vps === "local" ? { reached: true, findings: [] } : await inspectVps(loaded, settings.vps);
  if (!vps.reached) {
    return { ...unknown, findings: vps.findings };
  }
  const engine = await inspectContainers(loaded).catch(silentEngine);
  if (!("containers" in engine)) {
    return { ...unknown, findings: [...vps.findings, engine] };
  }
  const ingress = settings.ingress.kind;
  const ingestFiles = engine.files.get(ingestContainers[ingress]);
  const buffer = parseBuffer(engine.files.get(telegrafName(settings))?.status ?? "");
  const runs = (name: string): boolean =>
    engine.containers.some((each) => each.name === name && each.state === "running");
  // A container that does not run is a finding already.
  const [samples, influxDb, names, credentials, loopbackIngress] = await Promise.all([
    inspectSamples(loaded),
    settings.influxdb.kind === "external" || runs(containers.influxdb)
      ? inspectInfluxDb(loaded).catch((error: unknown) => [unreadInfluxDb(error)])
      : [],
    ingress === "portal" ? leftOutFindings(settings, ingestFiles?.status ?? "") : [],
    runs(containers.grafana) ? inspectCredentials(loaded) : [],
    runs(containers.grafana) && runs(ingestContainers[ingress]) ? inspectLoopbackIngress(loaded) : [],
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
      ...ingestFindings(loaded, ingestFiles?.sums),
      ...names,
      ...credentials,
      ...loopbackIngress,
    ],
  };
}

function silentEngine(error: unknown): Finding {
  return {
    subject: "Docker",
    problem: `the server's engine does not answer: ${reasonOf(error)}`,
    remedy: "`systemctl status docker` on the server says why",
  };
}

function unreadInfluxDb(error: unknown): Finding {
  return {
    subject: "InfluxDB",
    problem: `its buckets, tasks and tokens cannot be read: ${reasonOf(error)}`,
    remedy: "fix the other findings, then run doctor again",
    mayPassByItself: true,
  };
}
