import type { FluxTableColumn, FluxTableMetaData, Row } from "@influxdata/influxdb-client";

/** A field of a frame, as Grafana's API has it. */
export interface FieldSchema {
  readonly name: string;
  readonly type: "time" | "number" | "string" | "boolean";
  readonly labels?: Readonly<Record<string, string>>;
}

/** What JSON has no number for, by its rows. */
interface Entities {
  readonly NaN: number[];
  readonly Inf: number[];
  readonly NegInf: number[];
}

type Value = string | number | boolean | null;

/** A frame as the JSON that `@grafana/data` reads. */
export interface FrameJson {
  readonly schema: { readonly name?: string; readonly fields: readonly FieldSchema[] };
  readonly data: { readonly values: readonly Value[][]; readonly entities: readonly (Entities | null)[] };
}

/** How much Grafana takes. */
export interface Limits {
  readonly series: number;
  /** Rows of one series. */
  readonly points: number;
}

/** What the tables of one header have in common. */
interface Layout {
  /** Their group key, which becomes labels. */
  readonly key: readonly FluxTableColumn[];
  /** What becomes fields: times first. */
  readonly fields: readonly FluxTableColumn[];
  /** Whether there is one time and one value, which get Grafana's names. */
  readonly isSimple: boolean;
  /** Whether there is one time, which then has no labels. */
  readonly hasOneTime: boolean;
}

/**
 * Converts InfluxDB's answer to frames, as Grafana's data source does: each table is a frame, its group key is the labels
 * of the frame's fields, and any other column is a field.
 * Source: pkg/tsdb/influxdb/flux/builder.go of Grafana
 */
export function framesOf(rows: readonly Row[], limits: Limits): FrameJson[] {
  const frames: FrameJson[] = [];
  let header: FluxTableMetaData | undefined;
  let layout: Layout | undefined;
  let currentKey: string | undefined;
  for (const { values, tableMeta } of rows) {
    if (layout === undefined || tableMeta !== header) {
      header = tableMeta;
      layout = layoutOf(tableMeta);
      currentKey = undefined;
    }
    // What went wrong after InfluxDB had begun to answer.
    if (tableMeta.columns[0]?.label === "error" && tableMeta.columns[1]?.label === "reference") {
      throw new Error(values[0]);
    }
    const key = JSON.stringify(layout.key.map((column) => valueOf(column, values)));
    if (key !== currentKey) {
      currentKey = key;
      frames.push(emptyFrame(layout, values));
    }
    if (frames.length > limits.series) {
      throw new Error(`The query returns more than ${limits.series} series, the data source's limit.`);
    }
    append(frames.at(-1), layout, values, limits);
  }
  return frames;
}

function layoutOf({ columns }: FluxTableMetaData): Layout {
  // The first two say which result and which table a row is of.
  const own = columns.filter(
    ({ index, label }) => !(index === 0 && label === "result") && !(index === 1 && label === "table"),
  );
  const fields = own.filter(({ group }) => !group);
  const times = fields.filter(isTime);
  const others = fields.filter((column) => !isTime(column));
  const hasOneTime = times.length === 1 && times[0]?.label === "_time";
  return {
    key: own.filter(({ group }) => group),
    fields: [...times, ...others],
    hasOneTime,
    isSimple: hasOneTime && others.length === 1 && others[0]?.label === "_value",
  };
}

function emptyFrame({ key, fields, isSimple, hasOneTime }: Layout, row: string[]): FrameJson {
  const labels = (...without: readonly string[]): Record<string, string> =>
    Object.fromEntries(
      key
        .map((column) => [column.label, String(column.get(row) ?? "")] as const)
        .filter(([name, value]) => value !== "" && !without.includes(name)),
    );
  const { _measurement: frameName, _field: fieldName } = labels();
  const allLabels = labels("_measurement");
  // Of a simple table `_start` and `_stop` are the bounds of the time range.
  const hasBounds = ["_start", "_stop"].every((bound) =>
    key.some((column) => column.label === bound && isTime(column)),
  );
  const tags = labels("_measurement", "_field", ...(hasBounds ? ["_start", "_stop"] : []));
  return {
    schema: {
      ...(frameName === undefined ? {} : { name: frameName }),
      fields: fields.map((column) => {
        const type = fieldType(column);
        if (isTime(column)) {
          return {
            name: isSimple ? "Time" : column.label,
            type,
            ...(hasOneTime ? {} : { labels: allLabels }),
          };
        }
        return isSimple
          ? { name: fieldName ?? "Value", type, labels: tags }
          : { name: column.label, type, labels: allLabels };
      }),
    },
    data: { values: fields.map(() => []), entities: fields.map(() => ({ NaN: [], Inf: [], NegInf: [] })) },
  };
}

const entityNames: Readonly<Record<string, keyof Entities>> = {
  NaN: "NaN",
  Infinity: "Inf",
  "-Infinity": "NegInf",
};

function append(frame: FrameJson | undefined, { fields }: Layout, row: string[], limits: Limits): void {
  fields.forEach((column, index) => {
    const values = frame?.data.values[index] ?? [];
    const value = valueOf(column, row);
    const entity = typeof value === "number" ? entityNames[String(value)] : undefined;
    if (entity !== undefined) {
      frame?.data.entities[index]?.[entity].push(values.length);
    }
    values.push(entity === undefined ? value : null);
    if (values.length > limits.points) {
      throw new Error(
        `The query returns more than ${limits.points} values in one series: it should use aggregateWindow.`,
      );
    }
  });
}

function valueOf(column: FluxTableColumn, row: string[]): Value {
  const value = column.get(row) as Value;
  if (value === null || value === "") {
    return null;
  }
  return isTime(column) ? Date.parse(String(value)) : value;
}

/** Types of Flux, other than those that are strings in a frame. */
const fieldTypes: Readonly<Record<string, FieldSchema["type"]>> = {
  "dateTime:RFC3339": "time",
  "dateTime:RFC3339Nano": "time",
  double: "number",
  long: "number",
  unsignedLong: "number",
  boolean: "boolean",
};

function fieldType({ dataType }: FluxTableColumn): FieldSchema["type"] {
  return fieldTypes[dataType] ?? "string";
}

function isTime(column: FluxTableColumn): boolean {
  return fieldType(column) === "time";
}
