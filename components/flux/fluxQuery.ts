import type * as cog from "@grafana/grafana-foundation-sdk/cog";
import type { DataSourceRef } from "@grafana/grafana-foundation-sdk/common";
import type { Settings } from "../settings/settings";
import { completeQuery } from "./query";

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
