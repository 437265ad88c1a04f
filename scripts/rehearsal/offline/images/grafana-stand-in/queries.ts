import { HttpError } from "@influxdata/influxdb-client";
import { messageOf } from "./answer";
import type { Dashboard, Target } from "./dashboards";
import { type DataSource, queryApi } from "./dataSources";
import { type FrameJson, framesOf } from "./frames";
import type { QueryRequest } from "./queryRequest";

/** Grafana refuses answers with more than this many times the values that a panel has room for. */
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
    const rows = await queryApi(dataSource)
      .collectRows(completeFlux(target.query, request), (values, tableMeta) => ({ values, tableMeta }))
      .catch((error: unknown) => {
        throw error instanceof HttpError ? error : new Error(`InfluxDB does not answer: ${messageOf(error)}`);
      });
    return framesOf(rows, {
      series: dataSource.jsonData.maxSeries ?? 1000,
      points: pointsFactor * request.maxDataPoints,
    });
  });
  return (await Promise.all(frames)).flat();
}

function targetsOf(request: QueryRequest, dashboards: readonly Dashboard[]): readonly Target[] {
  const dashboard = dashboards.find(({ uid }) => uid === request.dashboard);
  const targets =
    request.panel === undefined
      ? dashboard?.templating?.list?.filter(({ name }) => name === request.variable)
      : dashboard?.panels?.[request.panel]?.targets;
  if (targets === undefined || targets.length === 0) {
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
      // The query has it in a string, which it must not end.
      if (/["\\$\p{Cc}]/u.test(value)) {
        throw new Error(`The value of ${name} has a character that does not belong into a query.`);
      }
      return text.replaceAll(`\${${name}}`, value);
    }, query)
    .replaceAll("v.timeRangeStart", new Date(from).toISOString())
    .replaceAll("v.timeRangeStop", new Date(to).toISOString())
    .replaceAll("v.windowPeriod", `${Math.max(1, intervalMs)}ms`);
}
