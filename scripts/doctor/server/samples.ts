import { Readable } from "node:stream";
import {
  flux,
  fluxDuration,
  fluxExpression,
  linesToRowsIterable,
  type ParameterizedQuery,
} from "@influxdata/influxdb-client";
import { isProcessor } from "../../../components/flux/nodeMetrics";
import { isOfNode, remoteWrite } from "../../../components/flux/query";
import { influxUrl } from "../../../components/server/influxdb/influxDb";
import { privateAuthority } from "../../../components/settings/ingress";
import { nameOfService } from "../../../components/settings/serviceNames";
import { exposedServices, type Settings } from "../../../components/settings/settings";
import { containers } from "../../../components/server/resourceNames";
import { reasonOf } from "../../remote/server";
import type { LoadedStack } from "../../stack/stack";
import type { Finding } from "../findings";
import { freshSeconds, lossSeconds } from "../sampleLimits";

export interface NodeHealth {
  readonly name: string;
  /** Age of the newest sample in InfluxDB, in seconds; `null` if the last hour has none. */
  readonly sampleAgeSeconds: number | null;
  readonly load1: number | null;
  /** CPU temperature in degrees Celsius; `null` for a machine without a Pi's sensors. */
  readonly cpuCelsius: number | null;
}

/** Queries what has arrived in InfluxDB: with Grafana's token, from Grafana's container, as the dashboards do. */
export async function inspectSamples(loaded: LoadedStack) {
  const { settings } = loaded;
  try {
    const { samples, pipeline } = await query(loaded);
    const nodes = nodeHealth(settings, samples);
    return { nodes, findings: [...silentNodes(settings, nodes), ...pipelineFindings(settings, pipeline)] };
  } catch (error) {
    const finding: Finding = {
      subject: "samples",
      problem: `InfluxDB does not report what has arrived: ${reasonOf(error)}`,
      remedy: "the query runs in Grafana's container: fix the other findings, then run doctor again",
      mayPassByItself: true,
    };
    return { nodes: nodeHealth(settings, []), findings: [finding] };
  }
}

function silentNodes(settings: Settings, nodes: readonly NodeHealth[]): Finding[] {
  const mayBeOff = settings.nodes.filter((node) => node.mayBeOff).map(({ name }) => name);
  return nodes
    .filter(({ sampleAgeSeconds }) => (sampleAgeSeconds ?? Infinity) > freshSeconds(settings))
    .filter(({ name }) => !mayBeOff.includes(name))
    .map(({ name: subject, sampleAgeSeconds: age }) => {
      const newest =
        age === null ? "nothing has come in the last hour" : `its newest sample is ${age.toFixed(0)} s old`;
      const remedy =
        "another finding may be the reason; if there is none, `journalctl -u pi-monitoring-prometheus` on the master says more";
      return { subject, problem: `it is silent: ${newest}`, remedy, mayPassByItself: true };
    });
}

/** The newest sample of a field of a node. */
interface SampleRow {
  readonly node_name: string;
  readonly _field: string;
  readonly _value: number;
  readonly _time: string;
}

/** What Telegraf reports of itself and of the portal's certificates. */
export interface PipelineRow {
  /** `dropped`, or the name that the portal has a certificate for. */
  readonly name: string;
  /** Samples; seconds until the certificate ends, or has ended if negative. */
  readonly _value: number;
}

/** The health of all nodes, also of those without samples. */
export function nodeHealth({ nodes }: Settings, samples: readonly SampleRow[]): NodeHealth[] {
  const newest = new Map(samples.map((row) => [`${row.node_name} ${row._field}`, row]));
  return nodes.map(({ name, host }) => {
    const load = newest.get(`${host} node_load1`);
    return {
      name,
      sampleAgeSeconds: load === undefined ? null : Math.max(0, (Date.now() - Date.parse(load._time)) / 1000),
      load1: load?._value ?? null,
      cpuCelsius: newest.get(`${host} rpi_temperature`)?._value ?? null,
    };
  });
}

export function pipelineFindings(settings: Settings, rows: readonly PipelineRow[]): Finding[] {
  const publicNames = exposedServices(settings).map((service) => nameOfService(service, settings));
  return rows.flatMap(({ name, _value: value }): Finding[] => {
    if (name === "dropped") {
      const problem = `it has dropped ${value.toFixed(0)} points in the last ${lossSeconds(settings)} s`;
      const remedy = "InfluxDB refuses them, or its memory was full: `docker logs telegraf` on the server";
      return value > 0 ? [{ subject: "telegraf", problem, remedy, mayPassByItself: true }] : [];
    }
    const days = value / (24 * 3600);
    const problem =
      days < 0 ? "its certificate has expired" : `its certificate ends in ${days.toFixed(1)} days`;
    const remedy =
      settings.ingress.kind !== "loopback"
        ? "the portal should have renewed it 30 days before: `docker logs https-portal` on the server says why not; port 80 must be reachable from outside"
        : "the web server on the server should have renewed it: its own log says why not";
    // A former name has samples for some minutes more. The alert, too, leaves out a private authority, whose certificates
    // may be valid for hours only.
    const isWatched = publicNames.includes(name) && privateAuthority(settings.ingress) === undefined;
    return isWatched && days < settings.alerts.certificateDays ? [{ subject: name, problem, remedy }] : [];
  });
}

/** All that is queried, in one request, by the names of the results. */
interface Results {
  readonly samples: SampleRow[];
  readonly pipeline: PipelineRow[];
}

async function query({ settings, outputs, server }: LoadedStack): Promise<Results> {
  const { influxdb, grafanaToken } = outputs;
  const dialect = { annotations: ["datatype", "group", "default"] };
  const csv = await server.curl(containers.grafana, {
    url: `${influxUrl(settings.influxdb)}/api/v2/query?org=${encodeURIComponent(influxdb.org)}`,
    header: [`Authorization: Token ${grafanaToken}`, "Content-Type: application/json"],
    data: JSON.stringify({ query: renderQuery(settings, influxdb.bucket).toString(), dialect }),
    "fail-with-body": true,
    "max-time": 30,
  });
  return parseResults(csv);
}

export function renderQuery(settings: Settings, bucket: string): ParameterizedQuery {
  return flux`from(bucket: ${bucket})
  |> range(start: -1h)
  |> filter(fn: (r) => r._measurement == ${remoteWrite} and ${fluxExpression(isOfNode)})
  |> filter(fn: (r) => r._field == "node_load1" or (r._field == "rpi_temperature" and ${fluxExpression(isProcessor)}))
  |> group(columns: ["node_name", "_field"])
  |> last()
  |> yield(name: "samples")
dropped = from(bucket: ${bucket}) |> range(start: ${fluxDuration(`-${lossSeconds(settings)}s`)})
  |> filter(fn: (r) => r._measurement == "internal_write" and r._field == "metrics_dropped" and r.output == "influxdb_v2")
  |> increase() |> last() |> map(fn: (r) => ({name: "dropped", _value: float(v: r._value)}))
certificates = from(bucket: ${bucket}) |> range(start: -10m)
  |> filter(fn: (r) => r._measurement == "x509_cert" and r._field == "expiry")
  |> last() |> map(fn: (r) => ({name: r.server_name, _value: float(v: r._value)}))
union(tables: [dropped, certificates]) |> group() |> yield(name: "pipeline")`;
}

/** @param csv an answer of InfluxDB, with annotations */
export async function parseResults(csv: string): Promise<Results> {
  const results: Results = { samples: [], pipeline: [] };
  for await (const { values, tableMeta } of linesToRowsIterable(Readable.from(csv.split("\r\n")))) {
    const row = tableMeta.toObject(values) as { result: keyof Results };
    (results[row.result] as object[]).push(row);
  }
  return results;
}
