import { Readable } from "node:stream";
import { flux, linesToRowsIterable } from "@influxdata/influxdb-client";
import { $ } from "../prepare/shell";
import { dockerCommand } from "../../components/server/serverEngine";
import { sshMachineOf } from "../../components/node/nodeScript";
import { portalName } from "../../components/server/httpsPortal";
import { influxUrl } from "../../components/server/influxDb";
import { gateName } from "../../components/server/ingestGate";
import { bufferStatusFile, telegrafName } from "../../components/server/telegraf";
import { seconds, type Settings } from "../../components/settings";
import { sshCommand } from "../../components/ssh";
import { renderTable } from "../terminal/progress";
import type { Stack, StackOutputs } from "./stack";

/** How the running system is. */
export interface Diagnosis {
  readonly ok: boolean;
  readonly nodes: readonly NodeHealth[];
  readonly containers: readonly ContainerHealth[];
  /** `null` if Telegraf does not say. */
  readonly buffer: BufferHealth | null;
}

export interface NodeHealth {
  readonly name: string;
  /** Age of the newest sample in InfluxDB, in seconds; `null` if the last hour has none. */
  readonly sampleAgeSeconds: number | null;
  readonly load1: number | null;
  /** CPU temperature in degrees Celsius; `null` for a machine without a Pi's sensors. */
  readonly cpuCelsius: number | null;
  /** Why it is silent; unset for a node that is not. */
  readonly reason?: string;
}

export interface ContainerHealth {
  readonly name: string;
  /** As `docker ps` says: `running`, `exited`, ...; `missing` if there is none. */
  readonly state: string;
  /** `healthy`, `unhealthy`, `starting`, or `none` for one that is not running or has no health check. */
  readonly health: string;
}

/** Where Telegraf keeps what InfluxDB has not taken yet. */
export interface BufferHealth {
  /** `memory` while the disk must not fill up any further. */
  readonly place: "disk" | "memory";
  readonly usedKb: number;
  readonly limitKb: number;
  /** Free on the disk of the buffer. */
  readonly freeKb: number;
  /** Damaged files, as they were before they were mended, in Telegraf's volume in the folder set-aside. */
  readonly setAside: readonly string[];
}

/** The containers that the samples pass, whoever has made them. */
function containerNames(settings: Settings): string[] {
  return [
    ...(settings.influxdb.url === undefined ? ["influxdb"] : []),
    telegrafName(settings),
    "grafana",
    ...(settings.existing.httpsPortal === undefined ? [] : [gateName]),
    portalName(settings),
  ];
}

/** Asks the server: with Grafana's token, from Grafana's container, as the dashboards do. */
export async function diagnose(stack: Stack): Promise<Diagnosis> {
  const [settings, outputs] = await Promise.all([stack.settings(), stack.outputs()]);
  const [samples, containers, buffer] = await Promise.all([
    readNodes(settings, outputs),
    readContainers(settings),
    readBuffer(settings),
  ]);
  const nodes = await Promise.all(samples.map((node) => withReason(node, settings)));
  return {
    ok:
      nodes.every(({ reason }) => reason === undefined) &&
      containers.every(
        ({ name, state, health }) =>
          state === "running" && (health === "healthy" || name === settings.existing.httpsPortal),
      ) &&
      buffer?.place === "disk" &&
      buffer.setAside.length === 0,
    nodes,
    containers,
    buffer,
  };
}

/** The diagnosis as tables for the terminal. */
export function renderDiagnosis({ nodes, containers, buffer }: Diagnosis): string {
  const nodeRows = nodes.map(({ name, sampleAgeSeconds, load1, cpuCelsius }) => [
    name,
    sampleAgeSeconds === null ? "none" : `${sampleAgeSeconds.toFixed(1)} s ago`,
    load1?.toFixed(2) ?? "-",
    cpuCelsius === null ? "-" : `${cpuCelsius.toFixed(1)} °C`,
  ]);
  const containerRows = containers.map(({ name, state, health }) => [name, state, health]);
  return [
    renderTable(["node", "newest sample", "load1", "CPU"], nodeRows),
    renderTable(["container", "state", "health"], containerRows),
    ...nodes.flatMap(({ name, reason }) => (reason === undefined ? [] : [`${name} is silent: ${reason}`])),
    ...describeBuffer(buffer),
  ].join("\n");
}

/** A line for the buffer, and one for each thing about it that somebody must look after. */
function describeBuffer(buffer: BufferHealth | null): string[] {
  if (buffer === null) {
    return ["Telegraf does not say how its buffer is: `docker logs telegraf` on the server may tell why."];
  }
  const { place, usedKb, limitKb, freeKb, setAside } = buffer;
  const megabytes = (kb: number): string => `${(kb / 1024).toFixed(0)} MB`;
  return [
    `Telegraf's buffer: ${megabytes(usedKb)} of ${megabytes(limitKb)}, ${megabytes(freeKb)} free on its disk`,
    ...(place === "memory"
      ? [
          "Telegraf's disk is full: samples wait in memory alone, and are lost if they must wait long. Make room on the server's disk, or bring InfluxDB back; Telegraf finds it by itself.",
        ]
      : []),
    ...setAside.map(
      (file) =>
        `A damaged file of the buffer was set aside: ${file}. What could be read of it was kept; remove it when you do not need it: \`docker exec telegraf rm /var/lib/telegraf/set-aside/${file}\``,
    ),
  ];
}

/** Adds why a node is silent, if it is: it is asked. */
async function withReason(node: NodeHealth, settings: Settings): Promise<NodeHealth> {
  const { name, sampleAgeSeconds } = node;
  const nodeSettings = settings.nodes.find((each) => each.name === name);
  if (nodeSettings === undefined || (sampleAgeSeconds ?? Infinity) <= freshSeconds(settings)) {
    return node;
  }
  const machine = sshMachineOf(nodeSettings);
  const probe = await $({
    nothrow: true,
    timeout: "10s",
  })`${sshCommand(machine, "test", "-d", "/var/lib/pi-monitoring")}`;
  return { ...node, reason: reasonFor(probe.exitCode, name, machine.host) };
}

/** @param exitCode of the question whether there is anything of ours on the node; ssh's own mistakes are 255 */
function reasonFor(exitCode: number | null, name: string, host: string): string {
  switch (exitCode) {
    case 0:
      return `it is up and set up; \`journalctl -u prometheus-node-exporter\` there may tell more`;
    case 1:
      return `it is up, and nothing is set up on it, as after a new SD card: \`npm run deploy -- STACK --forget ${name}\``;
    default:
      return `${host} lets nobody in by SSH; it is off, or another machine (\`npm run trust -- ${host}\` shows its key)`;
  }
}

/** A sample may be two scrapes old, and some seconds on its way. */
function freshSeconds({ prometheus }: Settings): number {
  return 2 * seconds(prometheus.scrapeInterval) + 20;
}

async function readNodes(
  settings: Settings,
  { influxdb, grafanaToken }: StackOutputs,
): Promise<NodeHealth[]> {
  const query = flux`from(bucket: ${influxdb.bucket})
  |> range(start: -1h)
  |> filter(fn: (r) => r._measurement == "prometheus_remote_write")
  |> filter(fn: (r) => r._field == "node_load1" or (r._field == "rpi_temperature" and r.type == "cpu-thermal"))
  |> group(columns: ["node_name", "_field"])
  |> last()`;
  // curl reads everything from its configuration: the token must not show in the process list.
  const curl = [
    `url = "${influxUrl(settings.influxdb)}/api/v2/query?org=${encodeURIComponent(influxdb.org)}"`,
    `header = "Authorization: Token ${grafanaToken}"`,
    `header = "Content-Type: application/json"`,
    `data = ${JSON.stringify(JSON.stringify({ query: query.toString(), dialect: { annotations: ["datatype", "group", "default"] } }))}`,
  ].join("\n");
  const csv = await docker(
    settings,
    ["exec", "-i", "grafana", "curl", "-sS", "--fail-with-body", "-K", "-"],
    curl,
  );

  const newest = new Map<string, { value: number; time: number }>();
  for await (const { values, tableMeta } of linesToRowsIterable(Readable.from(csv.split("\r\n")))) {
    const row = tableMeta.toObject(values) as {
      node_name: string;
      _field: string;
      _value: number;
      _time: string;
    };
    newest.set(`${row.node_name} ${row._field}`, { value: row._value, time: Date.parse(row._time) });
  }
  return settings.nodes.map(({ name, host }) => {
    const load = newest.get(`${host} node_load1`);
    const temperature = newest.get(`${host} rpi_temperature`);
    return {
      name,
      sampleAgeSeconds: load === undefined ? null : Math.max(0, (Date.now() - load.time) / 1000),
      load1: load?.value ?? null,
      cpuCelsius: temperature?.value ?? null,
    };
  });
}

async function readContainers(settings: Settings): Promise<ContainerHealth[]> {
  const format = "{{.Names}}\t{{.State}}\t{{.Status}}";
  const listing = await docker(settings, ["ps", "--all", "--format", format]);
  const rows = listing.split("\n").map((line) => line.split("\t"));
  return containerNames(settings).map((name) => {
    const [, state, status] = rows.find(([each]) => each === name) ?? [];
    return {
      name,
      state: state ?? "missing",
      health: /\((?:health: )?(\w+)\)/.exec(status ?? "")?.[1] ?? "none",
    };
  });
}

async function readBuffer(settings: Settings): Promise<BufferHealth | null> {
  const status = await docker(settings, ["exec", telegrafName(settings), "cat", bufferStatusFile]).catch(
    () => "null",
  );
  return JSON.parse(status) as BufferHealth | null;
}

/** Runs `docker` on the server's engine. */
async function docker(settings: Settings, words: readonly string[], input = ""): Promise<string> {
  return (await $({ input })`${dockerCommand(settings.vps, ...words)}`).stdout;
}
