import { Readable } from "node:stream";
import { flux, linesToRowsIterable } from "@influxdata/influxdb-client";
import { $ } from "./prepare/shell";
import { dockerCommand } from "../components/server/serverEngine";
import { seconds, type Settings } from "../components/settings";
import { renderTable } from "./progress";
import type { Stack, StackOutputs } from "./stack";

/** How the running system is. */
export interface Diagnosis {
  readonly ok: boolean;
  readonly nodes: readonly NodeHealth[];
  readonly containers: readonly ContainerHealth[];
}

export interface NodeHealth {
  readonly name: string;
  /** Age of the newest sample in InfluxDB, in seconds; `null` if the last hour has none. */
  readonly sampleAgeSeconds: number | null;
  readonly load1: number | null;
  /** CPU temperature in degrees Celsius; `null` for a machine without a Pi's sensors. */
  readonly cpuCelsius: number | null;
}

export interface ContainerHealth {
  readonly name: string;
  /** As `docker ps` says: `running`, `exited`, ...; `missing` if there is none. */
  readonly state: string;
  /** `healthy`, `unhealthy`, `starting`, or `none` for one that is not running. */
  readonly health: string;
}

const containerNames = ["influxdb", "telegraf", "grafana", "https-portal"];

/** Asks the server: with Grafana's token, from Grafana's container, as the dashboards do. */
export async function diagnose(stack: Stack): Promise<Diagnosis> {
  const [settings, outputs] = await Promise.all([stack.settings(), stack.outputs()]);
  const [nodes, containers] = await Promise.all([readNodes(settings, outputs), readContainers(settings)]);
  const maxAge = freshSeconds(settings);
  return {
    ok:
      nodes.every(({ sampleAgeSeconds }) => sampleAgeSeconds !== null && sampleAgeSeconds <= maxAge) &&
      containers.every(({ state, health }) => state === "running" && health === "healthy"),
    nodes,
    containers,
  };
}

/** The diagnosis as tables for the terminal. */
export function renderDiagnosis({ nodes, containers }: Diagnosis): string {
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
  ].join("\n");
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
    `url = "http://influxdb:8086/api/v2/query?org=${encodeURIComponent(influxdb.org)}"`,
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
  return containerNames.map((name) => {
    const [, state, status] = rows.find(([each]) => each === name) ?? [];
    return {
      name,
      state: state ?? "missing",
      health: /\((?:health: )?(\w+)\)/.exec(status ?? "")?.[1] ?? "none",
    };
  });
}

/** Runs `docker` on the server's engine. */
async function docker(settings: Settings, words: readonly string[], input = ""): Promise<string> {
  return (await $({ input })`${dockerCommand(settings.vps, ...words)}`).stdout;
}
