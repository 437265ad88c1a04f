import type * as cog from "@grafana/grafana-foundation-sdk/cog";
import type { DataSourceRef } from "@grafana/grafana-foundation-sdk/common";
import { givenTokens } from "../settings/influxDb";
import { seconds, type Settings } from "../settings/settings";
import { quoteFlux } from "../template";

/** The data source of every panel and rule. */
export const dataSource = {
  type: "influxdb",
  uid: "pi-monitoring-influxdb",
} as const satisfies DataSourceRef;

/** What Grafana's data source for Flux takes. */
export interface FluxModel extends cog.Dataquery {
  readonly refId: string;
  readonly datasource: DataSourceRef;
  readonly query: string;
}

/** A query in Flux, as `completeQuery` takes it; the SDK has no builder for Flux. */
export function fluxQuery(body: string, settings: Settings): cog.Builder<FluxModel> {
  return {
    build: () => ({
      refId: "A",
      datasource: dataSource,
      query: completeQuery(body, settings),
      // By which the types tell queries apart; it does not show in JSON.
      _implementsDataqueryVariant: () => undefined,
    }),
  };
}

/** What queries may import; an import that is not used costs nothing. */
const imports = ["array", "date", "math"].map((name) => `import "${name}"`).join("\n");

/**
 * Completes a query: its imports, and the names that it may use.
 *
 * - `raw` is the bucket of all samples;
 * - `bucket` is the one that suits the length of the time range: of a month, the means of hours are enough; without a
 *   right to make coarser ones there is only one;
 * - `recent` is when the last minutes of the time range begin: five scrapes, and five minutes at least.
 */
export function completeQuery(body: string, { influxdb, prometheus }: Settings): string {
  const name = (suffix: string): string => quoteFlux(influxdb.bucket + suffix);
  const bySpan = `if days >= 14 then ${name("_1h")} else if days >= 2 then ${name("_5m")} else raw`;
  return `${imports}
days = (int(v: v.timeRangeStop) - int(v: v.timeRangeStart)) / 86400000000000
raw = ${name("")}
bucket = ${givenTokens(influxdb) === undefined ? bySpan : "raw"}
recent = date.sub(from: v.timeRangeStop, d: ${Math.max(300, 5 * seconds(prometheus.scrapeInterval))}s)
${body}
`;
}
