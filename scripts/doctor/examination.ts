import { ingestContainers } from "../../components/server/resourceNames";
import { exposedServices } from "../../components/settings/settings";
import type { Stack } from "../stack/stack";
import { type ContainerHealth, type ContainerReport, inspectContainers } from "./server/containers";
import { inspectIngest, overdueCredentials, tryCredentials } from "./server/credentials";
import { type Finding, type Known, reasonOf } from "./findings";
import { inspectFront } from "./server/front";
import { inspectInfluxDb } from "./server/influxDb";
import { inspectNames } from "./server/names";
import { inspectNodes } from "./machines/nodes";
import { inspectSamples, type NodeHealth, unknownNodes } from "./server/samples";
import {
  type BufferHealth,
  bufferFindings,
  imagesBehind,
  inspectVps,
  olderImages,
  readBuffer,
} from "./server/vps";

/** How the running system is. */
export interface Examination {
  /** Whether there is no finding. */
  readonly ok: boolean;
  readonly nodes: readonly NodeHealth[];
  readonly containers: readonly ContainerHealth[];
  /** `null` if Telegraf does not say. */
  readonly buffer: BufferHealth | null;
  readonly findings: readonly Finding[];
  /** What is worth knowing and not wrong. */
  readonly information: readonly string[];
  /** Grafana's address; `null` if the portal does not answer for it. */
  readonly grafana: string | null;
}

/** Looks at the nodes and the server, all at once, and changes nothing. */
export async function examine(stack: Stack): Promise<Examination> {
  const [settings, snapshot] = await Promise.all([stack.settings(), stack.snapshot()]);
  const known: Known = { stack, settings, ...snapshot };
  const [nodes, server] = await Promise.all([inspectNodes(known), examineServer(known)]);
  const findings = [
    ...nodes.findings,
    // That a node is silent is no second finding beside what is in the way of its node_exporter.
    ...server.findings.filter(({ subject, passes }) => passes !== true || !nodes.refused.has(subject)),
    ...overdueCredentials(known),
    ...imagesBehind(known),
  ];
  return {
    ok: findings.length === 0,
    nodes: server.nodes,
    containers: server.containers,
    buffer: server.buffer,
    findings,
    information: [...nodes.information, ...olderImages(settings)],
    grafana: exposedServices(settings).includes("grafana") ? known.outputs.urls.grafana : null,
  };
}

type ServerReport = Pick<Examination, "nodes" | "containers" | "buffer" | "findings">;

async function examineServer(known: Known): Promise<ServerReport> {
  const { settings } = known;
  const vps =
    settings.vps === "local" ? { reached: true, findings: [] } : await inspectVps(known, settings.vps);
  if (!vps.reached) {
    return {
      nodes: unknownNodes(settings),
      containers: [],
      buffer: null,
      findings: vps.findings,
    };
  }
  const engine = await inspectContainers(known).catch((error: unknown): ContainerReport => ({
    containers: [],
    findings: [
      {
        subject: "Docker",
        problem: `the server's engine does not answer: ${reasonOf(error)}`,
        remedy: "`systemctl status docker` on the server says why",
      },
    ],
  }));
  const runs = (name: string): boolean =>
    engine.containers.some((each) => each.name === name && each.state === "running");
  const door = ingestContainers[settings.ingress.kind];
  // What is asked inside a container takes one that runs; that it does not is a finding already.
  const [samples, buffer, ...findings] = await Promise.all([
    inspectSamples(known),
    readBuffer(settings),
    settings.influxdb.kind === "external" || runs("influxdb") ? inspectInfluxDb(known) : [],
    runs(door) ? inspectIngest(known, door) : [],
    settings.ingress.kind === "portal" && runs(door) ? inspectNames(settings) : [],
    runs("grafana") ? tryCredentials(known) : [],
    runs("grafana") && runs(door) ? inspectFront(known) : [],
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
      ...findings.flat(),
    ],
  };
}
