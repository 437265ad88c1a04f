import type * as cog from "@grafana/grafana-foundation-sdk/cog";
import type { DataSourceRef } from "@grafana/grafana-foundation-sdk/common";
import { givenTokens } from "../settings/influxDbKinds";
import { seconds, type Settings } from "../settings/settings";
import { quoteFlux } from "../template";

/** The data source of every panel and rule. */
export const dataSource = {
  type: "influxdb",
  uid: "pi-monitoring-influxdb",
} as const satisfies DataSourceRef;

/** Its name in Grafana. */
export const dataSourceName = "Pi monitoring";

/** What the names of the coarser buckets end with. */
export const bucketSuffixes = { fiveMinutes: "_5m", hour: "_1h" } as const;

/** What Grafana's data source for Flux takes. */
export interface FluxModel extends cog.Dataquery {
  readonly refId: string;
  readonly datasource: DataSourceRef;
  readonly query: string;
}

/** A builder of a query, as the SDK has none for Flux; see `completeQuery` for the body. */
export function fluxQuery(body: string, settings: Settings): cog.Builder<FluxModel> {
  return {
    build: () => ({
      refId: "A",
      datasource: dataSource,
      query: completeQuery(body, settings),
      // The SDK's types tell queries apart by it; JSON does not have it.
      _implementsDataqueryVariant: () => undefined,
    }),
  };
}

/** What queries may import; an import that is not used costs nothing. */
const imports = ["array", "date", "math"].map((name) => `import "${name}"`).join("\n");

/**
 * Completes a query with its imports, and with the names that its body may use:
 *
 * - `raw` is the bucket of all samples;
 * - `bucket` has hourly means for a time range of 14 days or more, means of 5 minutes from 2 days on, and all samples
 *   else. With given tokens the program makes no coarser buckets, so it is always `raw`;
 * - `recent` is the time when the last minutes of the time range begin: five scrapes, and at least five minutes.
 */
export function completeQuery(body: string, { influxdb, prometheus }: Settings): string {
  const { fiveMinutes, hour } = bucketSuffixes;
  const name = (suffix = ""): string => quoteFlux(influxdb.bucket + suffix);
  const bySpan = `if days >= 14 then ${name(hour)} else if days >= 2 then ${name(fiveMinutes)} else raw`;
  return `${imports}
days = (int(v: v.timeRangeStop) - int(v: v.timeRangeStart)) / 86400000000000
raw = ${name()}
bucket = ${givenTokens(influxdb) === undefined ? bySpan : "raw"}
recent = date.sub(from: v.timeRangeStop, d: ${Math.max(300, 5 * seconds(prometheus.scrapeInterval))}s)
${body}
`;
}
