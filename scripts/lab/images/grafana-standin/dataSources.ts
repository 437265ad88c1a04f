import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

/** A data source as it is provisioned, with the fields that a Flux source uses. */
export interface DataSource {
  readonly uid: string;
  readonly name: string;
  readonly type: string;
  readonly url: string;
  readonly access?: string;
  readonly isDefault?: boolean;
  readonly editable?: boolean;
  readonly jsonData: {
    readonly version?: string;
    readonly organization?: string;
    readonly defaultBucket?: string;
    /** How many series an answer may have. */
    readonly maxSeries?: number;
  };
  readonly secureJsonData: { readonly token?: string };
}

interface DataSourceFile {
  readonly apiVersion?: number;
  readonly datasources?: readonly DataSource[];
}

export function loadDataSources(folder: string): readonly DataSource[] {
  const files = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));
  return files.flatMap((name) => {
    const { apiVersion, datasources = [] } = expanded(
      parse(readFileSync(join(folder, name), "utf8")),
    ) as DataSourceFile;
    if (apiVersion !== 1) {
      throw new Error(`${name}: apiVersion must be 1`);
    }
    return datasources;
  });
}

/** What the API tells of a data source: everything but its secrets. */
export function published({ secureJsonData, ...rest }: DataSource): unknown {
  const secureJsonFields = Object.fromEntries(Object.keys(secureJsonData).map((key) => [key, true]));
  return { ...rest, secureJsonFields };
}

/** What "Save & Test" does for a Flux source: asks for the buckets that its token can read. */
export async function health(dataSource: DataSource): Promise<{ ok: boolean; message: string }> {
  const { type, url, jsonData, secureJsonData } = dataSource;
  if (type !== "influxdb" || jsonData.version !== "Flux") {
    return { ok: false, message: "This is a stand-in for Grafana: it knows InfluxDB with Flux only." };
  }
  try {
    const response = await fetch(
      `${url}/api/v2/query?org=${encodeURIComponent(jsonData.organization ?? "")}`,
      {
        method: "POST",
        headers: {
          authorization: `Token ${secureJsonData.token ?? ""}`,
          "content-type": "application/vnd.flux",
          accept: "application/csv",
        },
        body: "buckets()",
        signal: AbortSignal.timeout(10_000),
      },
    );
    const text = await response.text();
    if (!response.ok) {
      return { ok: false, message: `error performing flux query: ${text}` };
    }
    // A header line, then one line for each bucket.
    const rows = text.split("\r\n").filter((line) => line !== "").length - 1;
    return { ok: true, message: `datasource is working. ${Math.max(rows, 0)} buckets found` };
  } catch (error) {
    return { ok: false, message: `error performing flux query: ${String(error)}` };
  }
}

/** Expands `$__file{path}` and `$$` in every string, as Grafana does when it reads a provisioning file. */
function expanded(value: unknown): unknown {
  if (typeof value === "string") {
    return value.split("$$").map(expandFiles).join("$");
  }
  if (Array.isArray(value)) {
    return value.map(expanded);
  }
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, expanded(inner)]));
  }
  return value;
}

function expandFiles(text: string): string {
  const result = text.replace(/\$__file\{([^}]*)\}/g, (_, path: string) => readFileSync(path, "utf8").trim());
  if (text.replace(/\$__file\{[^}]*\}/g, "").includes("$")) {
    throw new Error(
      "This is a stand-in for Grafana: it expands $__file{} and $$ only; write a literal $ as $$.",
    );
  }
  return result;
}
