import type { Dashboard, Target } from "./dashboards";
import type { DataSource } from "./dataSources";
import { type FrameJson, framesOf } from "./frames";

/** Which query of a dashboard to run: of a panel by its place in the file, or of a variable by its name. */
export interface QueryRequest {
  readonly dashboard: string;
  readonly panel?: number;
  readonly variable?: string;
  /** The values of the dashboard's variables. */
  readonly variables: Readonly<Record<string, string>>;
  /** The time range, in milliseconds. */
  readonly from: number;
  readonly to: number;
  readonly intervalMs: number;
  readonly maxDataPoints: number;
}

/** Grafana refuses answers with this many times the values that a panel has room for. */
const pointsFactor = 10;

/** Runs the queries of a panel or a variable that is provisioned, and no others. */
export async function runQueries(
  request: QueryRequest,
  dashboards: readonly Dashboard[],
  dataSources: readonly DataSource[],
): Promise<FrameJson[]> {
  const frames = targetsOf(request, dashboards).map(async (target) => {
    const dataSource = dataSources.find(({ uid }) => uid === target.datasource?.uid);
    if (dataSource === undefined) {
      throw new Error(`There is no data source ${target.datasource?.uid ?? "without a UID"}.`);
    }
    return framesOf(await annotatedCsv(dataSource, completeFlux(target.query, request)), {
      series: dataSource.jsonData.maxSeries ?? 1000,
      points: pointsFactor * request.maxDataPoints,
    });
  });
  return (await Promise.all(frames)).flat();
}

function targetsOf(request: QueryRequest, dashboards: readonly Dashboard[]): readonly Target[] {
  const dashboard = dashboards.find(({ uid }) => uid === request.dashboard);
  const variables = dashboard?.templating?.list?.filter(({ name }) => name === request.variable) ?? [];
  const targets = dashboard?.panels?.[request.panel ?? -1]?.targets ?? variables;
  if (targets.length === 0) {
    throw new Error("No provisioned dashboard has this query.");
  }
  return targets;
}

/**
 * Fills in what a query leaves open, as Grafana's data source for Flux does.
 * Source: pkg/tsdb/influxdb/flux/macros.go of Grafana
 */
export function completeFlux(
  query: string,
  { variables, from, to, intervalMs }: Pick<QueryRequest, "variables" | "from" | "to" | "intervalMs">,
): string {
  return Object.entries(variables)
    .reduce((text, [name, value]) => {
      // It stands in a string of Flux, which it must not end.
      if (/["\\$\p{Cc}]/u.test(value)) {
        throw new Error(`The value of ${name} has a character that does not belong into a query.`);
      }
      return text.replaceAll(`\${${name}}`, value);
    }, query)
    .replaceAll("v.timeRangeStart", new Date(from).toISOString())
    .replaceAll("v.timeRangeStop", new Date(to).toISOString())
    .replaceAll("v.windowPeriod", goDuration(Math.max(1, intervalMs)));
}

/** A duration as Go prints it, such as `1h30m0s`, which Flux takes too. */
export function goDuration(milliseconds: number): string {
  if (milliseconds < 1000) {
    return `${milliseconds}ms`;
  }
  const [hours, minutes] = [Math.floor(milliseconds / 3_600_000), Math.floor(milliseconds / 60_000) % 60];
  const seconds = `${(milliseconds % 60_000) / 1000}s`;
  return hours > 0 ? `${hours}h${minutes}m${seconds}` : minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

async function annotatedCsv({ url, jsonData, secureJsonData }: DataSource, query: string): Promise<string> {
  const response = await fetch(`${url}/api/v2/query?org=${encodeURIComponent(jsonData.organization ?? "")}`, {
    method: "POST",
    headers: {
      authorization: `Token ${secureJsonData.token ?? ""}`,
      "content-type": "application/json",
      accept: "application/csv",
    },
    body: JSON.stringify({
      query,
      dialect: { annotations: ["datatype", "group", "default"], header: true },
    }),
    signal: AbortSignal.timeout(30_000),
  }).catch((error: unknown) => {
    throw new Error(`InfluxDB does not answer: ${reason(error)}`);
  });
  const text = await response.text();
  if (!response.ok) {
    throw new Error(messageOf(text));
  }
  return text;
}

/** Node says in the cause why it could not connect. */
function reason(error: unknown): string {
  const { message, cause } = error as { message: string; cause?: { message?: string } };
  return cause?.message ?? message;
}

function messageOf(body: string): string {
  try {
    return (JSON.parse(body) as { message?: string }).message ?? body;
  } catch {
    return body;
  }
}
