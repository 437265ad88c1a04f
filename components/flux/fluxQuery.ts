import type * as cog from "@grafana/grafana-foundation-sdk/cog";
import type { DataSourceRef } from "@grafana/grafana-foundation-sdk/common";

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

/** A query in Flux; the typed builders have none. */
export class FluxQuery implements cog.Builder<cog.Dataquery> {
  constructor(
    private readonly query: string,
    private readonly refId = "A",
  ) {}

  build(): FluxModel {
    return {
      refId: this.refId,
      datasource: dataSource,
      query: this.query,
      // By which the types tell queries apart; it does not show in JSON.
      _implementsDataqueryVariant: () => undefined,
    };
  }
}
