import { Readable } from "node:stream";
import {
  flux,
  fluxDuration,
  linesToRowsIterable,
  type ParameterizedQuery,
} from "@influxdata/influxdb-client";
import { influxUrl } from "../../../components/server/influxdb/influxDb";
import { privateAuthority } from "../../../components/settings/ingress";
import type { Settings } from "../../../components/settings/settings";
import { docker } from "./containers";
import { type Finding, freshSeconds, type Known, lossWindow, reasonOf } from "../findings";

export interface NodeHealth {
  readonly name: string;
  /** Age of the newest sample in InfluxDB, in seconds; `null` if the last hour has none. */
  readonly sampleAgeSeconds: number | null;
  readonly load1: number | null;
  /** CPU temperature in degrees Celsius; `null` for a machine without a Pi's sensors. */
  readonly cpuCelsius: number | null;
}

export interface SampleReport {
  readonly nodes: readonly NodeHealth[];
  readonly findings: readonly Finding[];
}

/** Asks InfluxDB for what has arrived: with Grafana's token, from Grafana's container, as the dashboards do. */
export async function inspectSamples(known: Known): Promise<SampleReport> {
  const { settings } = known;
  try {
    const [nodes, pipeline] = await Promise.all([readNodes(known), readPipeline(known)]);
    return {
      nodes,
      findings: [...silentNodes(known, nodes), ...pipelineFindings(known, pipeline)],
    };
  } catch (error) {
    return {
      nodes: unknownNodes(settings),
      findings: [
        {
          subject: "samples",
          problem: `InfluxDB does not tell what has arrived: ${reasonOf(error)}`,
          remedy: "it is asked from Grafana's container: mend what else is found, and ask again",
          passes: true,
        },
      ],
    };
  }
}

/** Nodes of which nobody can say anything. */
export function unknownNodes({ nodes }: Pick<Settings, "nodes">): NodeHealth[] {
  return nodes.map(({ name }) => ({
    name,
    sampleAgeSeconds: null,
    load1: null,
    cpuCelsius: null,
  }));
}

function silentNodes({ settings }: Known, nodes: readonly NodeHealth[]): Finding[] {
  const mayBeOff = settings.nodes.filter((node) => node.mayBeOff).map(({ name }) => name);
  return nodes
    .filter(({ sampleAgeSeconds }) => (sampleAgeSeconds ?? Infinity) > freshSeconds(settings))
    .filter(({ name }) => !mayBeOff.includes(name))
    .map(({ name, sampleAgeSeconds }) => ({
      subject: name,
      problem: `it is silent: ${sampleAgeSeconds === null ? "nothing has come in the last hour" : `its newest sample is ${sampleAgeSeconds.toFixed(0)} s old`}`,
      remedy:
        "what else is found may be the reason; if nothing is, `journalctl -u pi-monitoring-prometheus` on the master says more",
      passes: true,
    }));
}

async function readNodes(known: Known): Promise<NodeHealth[]> {
  const rows = await query<{
    node_name: string;
    _field: string;
    _value: number;
    _time: string;
  }>(
    known,
    flux`from(bucket: ${known.outputs.influxdb.bucket})
  |> range(start: -1h)
  |> filter(fn: (r) => r._measurement == "prometheus_remote_write")
  |> filter(fn: (r) => r._field == "node_load1" or (r._field == "rpi_temperature" and r.type == "cpu-thermal"))
  |> group(columns: ["node_name", "_field"])
  |> last()`,
  );
  const newest = new Map(rows.map((row) => [`${row.node_name} ${row._field}`, row]));
  return known.settings.nodes.map(({ name, host }) => {
    const load = newest.get(`${host} node_load1`);
    return {
      name,
      sampleAgeSeconds: load === undefined ? null : Math.max(0, (Date.now() - Date.parse(load._time)) / 1000),
      load1: load?._value ?? null,
      cpuCelsius: newest.get(`${host} rpi_temperature`)?._value ?? null,
    };
  });
}

/** What Telegraf tells of itself and of the portal's certificates. */
export interface PipelineRow {
  /** `dropped`, or the name that the portal has a certificate for. */
  readonly name: string;
  /** Samples, or seconds until it ends. */
  readonly _value: number;
}

async function readPipeline(known: Known): Promise<PipelineRow[]> {
  const { bucket } = known.outputs.influxdb;
  return query<PipelineRow>(
    known,
    flux`dropped = from(bucket: ${bucket}) |> range(start: ${fluxDuration(`-${lossWindow(known.settings)}s`)})
  |> filter(fn: (r) => r._measurement == "internal_write" and r._field == "metrics_dropped" and r.output == "influxdb_v2")
  |> increase() |> last() |> map(fn: (r) => ({name: "dropped", _value: float(v: r._value)}))
certificates = from(bucket: ${bucket}) |> range(start: -10m)
  |> filter(fn: (r) => r._measurement == "x509_cert" and r._field == "expiry")
  |> last() |> map(fn: (r) => ({name: r.server_name, _value: float(v: r._value)}))
union(tables: [dropped, certificates]) |> group()`,
  );
}

export function pipelineFindings(
  { settings }: Pick<Known, "settings">,
  rows: readonly PipelineRow[],
): Finding[] {
  return rows.flatMap(({ name, _value: value }): Finding[] => {
    if (name === "dropped") {
      const problem = `it has dropped ${value.toFixed(0)} points in the last ${lossWindow(settings)} s`;
      const remedy = "InfluxDB refuses them, or its memory was full: `docker logs telegraf` on the server";
      return value > 0 ? [{ subject: "telegraf", problem, remedy, passes: true }] : [];
    }
    const days = value / (24 * 3600);
    const problem = `its certificate ends in ${days.toFixed(0)} days`;
    const remedy =
      settings.ingress.kind !== "loopback"
        ? "the portal should have renewed it 30 days before: `docker logs https-portal` on the server says why not; port 80 must be reachable from outside"
        : "the web server on the server should have renewed it: its own log says why not";
    // As the alert: an authority of the user's own may sign for hours.
    const isWatched = privateAuthority(settings.ingress) === undefined;
    return isWatched && days < settings.alerts.certificateDays ? [{ subject: name, problem, remedy }] : [];
  });
}

/** The rows of an answer of InfluxDB's. */
async function query<Row>({ settings, outputs }: Known, question: ParameterizedQuery): Promise<Row[]> {
  const { influxdb, grafanaToken } = outputs;
  // curl reads everything from its configuration: the token must not show in the process list.
  const curl = [
    `url = "${influxUrl(settings.influxdb)}/api/v2/query?org=${encodeURIComponent(influxdb.org)}"`,
    `header = "Authorization: Token ${grafanaToken}"`,
    `header = "Content-Type: application/json"`,
    `data = ${JSON.stringify(JSON.stringify({ query: question.toString(), dialect: { annotations: ["datatype", "group", "default"] } }))}`,
  ].join("\n");
  const csv = await docker(
    settings,
    ["exec", "-i", "grafana", "curl", "-sS", "--fail-with-body", "--max-time", "30", "-K", "-"],
    curl,
  );
  const rows: Row[] = [];
  for await (const { values, tableMeta } of linesToRowsIterable(Readable.from(csv.split("\r\n")))) {
    rows.push(tableMeta.toObject(values) as Row);
  }
  return rows;
}
