import { InfluxDB, type QueryApi } from "@influxdata/influxdb-client";
import { messageOf } from "./answer";
import { expanded, readFiles } from "./provisioningFiles";
import type { State } from "./state";

/** A data source as it is provisioned, with the fields that a Flux source uses. */
export interface DataSource {
  readonly uid: string;
  readonly name: string;
  readonly type: string;
  readonly url: string;
  readonly isDefault?: boolean;
  readonly jsonData: {
    readonly version?: string;
    readonly organization?: string;
    /** How many series an answer may have. */
    readonly maxSeries?: number;
  };
  readonly secureJsonData: { readonly token?: string };
}

interface DataSourceFile {
  readonly datasources?: readonly DataSource[];
  readonly deleteDatasources?: readonly { readonly name: string }[];
}

/**
 * Does with the files of data sources what Grafana does at its start.
 * Source: pkg/services/provisioning/datasources/datasources.go.
 *
 * @throws Error where Grafana does not start
 */
export function provisionDataSources(folder: string, state: State): readonly DataSource[] {
  const files = readFiles<DataSourceFile>(folder).map(expanded);
  const all = files.flatMap(({ datasources = [] }) => datasources);
  if (all.filter(({ isDefault = false }) => isDefault).length > 1) {
    throw new Error(
      "datasource.yaml config is invalid. Only one datasource per organization can be marked as default",
    );
  }
  for (const { datasources = [], deleteDatasources = [] } of files) {
    const deleted = new Set(deleteDatasources.map(({ name }) => name));
    state.dataSources = state.dataSources.filter(({ name }) => !deleted.has(name));
    for (const { name, uid } of datasources) {
      const before = state.dataSources.find((each) => each.name === name);
      if (before !== undefined && before.uid !== uid) {
        throw new Error(`Datasource provisioning error: data source not found: ${name} has another uid`);
      }
      if (before === undefined) {
        if (state.dataSources.some((each) => each.uid === uid)) {
          throw new Error("Datasource provisioning error: data source with the same uid already exists");
        }
        state.dataSources.push({ name, uid });
      }
    }
  }
  return all;
}

/** What the API answers about a data source: everything but its secrets. */
export function published({ secureJsonData, ...rest }: DataSource): unknown {
  const secureJsonFields = Object.fromEntries(Object.keys(secureJsonData).map((key) => [key, true]));
  return { ...rest, secureJsonFields };
}

/** Asks InfluxDB as Grafana does: in Flux, with the token of the data source. */
export function queryApi({ url, jsonData, secureJsonData }: DataSource): QueryApi {
  const influxDb = new InfluxDB({ url, token: secureJsonData.token ?? "", timeout: 30_000 });
  return influxDb.getQueryApi(jsonData.organization ?? "");
}

/** What "Save & Test" does for a Flux source: asks for the buckets that its token can read. */
export async function health(dataSource: DataSource): Promise<{ ok: boolean; message: string }> {
  if (dataSource.type !== "influxdb" || dataSource.jsonData.version !== "Flux") {
    return { ok: false, message: "This is a stand-in for Grafana: it knows InfluxDB with Flux only." };
  }
  try {
    const buckets = await queryApi(dataSource).collectRows("buckets()");
    return { ok: true, message: `datasource is working. ${buckets.length} buckets found` };
  } catch (error) {
    return { ok: false, message: `error performing flux query: ${messageOf(error)}` };
  }
}
