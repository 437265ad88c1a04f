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

interface Column {
  readonly index: number;
  readonly name: string;
  readonly type: string;
  readonly isKey: boolean;
  readonly ifEmpty: string;
}

/** What the tables of one header have in common. */
interface Layout {
  /** Their group key, which becomes labels. */
  readonly key: readonly Column[];
  /** What becomes fields: times first. */
  readonly fields: readonly Column[];
  /** Whether there is one time and one value, which get Grafana's names. */
  readonly isSimple: boolean;
  /** Whether there is one time, which then has no labels. */
  readonly hasOneTime: boolean;
  /** Whether the rows are what went wrong after InfluxDB had begun to answer. */
  readonly isError: boolean;
}

/**
 * Converts InfluxDB's answer to frames, as Grafana's data source does: each table is a frame, its group key is the labels
 * of the frame's fields, and any other column is a field.
 * Source: pkg/tsdb/influxdb/flux/builder.go of Grafana
 *
 * @param csv annotated, with `datatype`, `group` and `default`
 */
export function framesOf(csv: string, limits: Limits): FrameJson[] {
  const frames: FrameJson[] = [];
  let annotations = new Map<string, readonly string[]>();
  let layout: Layout | undefined;
  let currentKey: string | undefined;
  for (const row of csvRows(csv)) {
    const [first = ""] = row;
    if (first.startsWith("#")) {
      // Tables with other columns begin with annotations of their own.
      annotations = layout === undefined ? annotations : new Map<string, readonly string[]>();
      layout = undefined;
      annotations.set(first, row);
    } else if (layout === undefined) {
      layout = layoutOf(row, annotations);
      currentKey = undefined;
    } else {
      if (layout.isError) {
        throw new Error(row[1]);
      }
      const key = JSON.stringify(layout.key.map((column) => cell(column, row)));
      if (key !== currentKey) {
        currentKey = key;
        frames.push(emptyFrame(layout, row));
      }
      if (frames.length > limits.series) {
        throw new Error(`The query returns more than ${limits.series} series, the data source's limit.`);
      }
      append(frames.at(-1), layout, row, limits);
    }
  }
  return frames;
}

function layoutOf(header: readonly string[], annotations: ReadonlyMap<string, readonly string[]>): Layout {
  const columns = header
    .map((name, index) => ({
      index,
      name,
      type: annotations.get("#datatype")?.[index] ?? "string",
      isKey: annotations.get("#group")?.[index] === "true",
      ifEmpty: annotations.get("#default")?.[index] ?? "",
    }))
    // The first one is for annotations; the next two say which result and which table a row is of.
    .slice(1)
    .filter(({ index, name }) => !(index === 1 && name === "result") && !(index === 2 && name === "table"));
  const fields = columns.filter(({ isKey }) => !isKey);
  const times = fields.filter(isTime);
  const others = fields.filter((column) => !isTime(column));
  const hasOneTime = times.length === 1 && times[0]?.name === "_time";
  return {
    key: columns.filter(({ isKey }) => isKey),
    fields: [...times, ...others],
    hasOneTime,
    isSimple: hasOneTime && others.length === 1 && others[0]?.name === "_value",
    isError: header[1] === "error" && header[2] === "reference",
  };
}

function isTime({ type }: Column): boolean {
  return type.startsWith("dateTime:");
}

function emptyFrame({ key, fields, isSimple, hasOneTime }: Layout, row: readonly string[]): FrameJson {
  const labels = (...without: readonly string[]): Record<string, string> =>
    Object.fromEntries(
      key
        .map((column) => [column.name, cell(column, row)] as const)
        .filter(([name, value]) => value !== "" && !without.includes(name)),
    );
  const { _measurement: frameName, _field: fieldName } = labels();
  const allLabels = labels("_measurement");
  // Of a simple table `_start` and `_stop` are the bounds of the time range.
  const hasBounds = ["_start", "_stop"].every((bound) =>
    key.some((column) => column.name === bound && isTime(column)),
  );
  const tags = labels("_measurement", "_field", ...(hasBounds ? ["_start", "_stop"] : []));
  return {
    schema: {
      ...(frameName === undefined ? {} : { name: frameName }),
      fields: fields.map((column) => {
        const type = fieldType(column.type);
        if (isTime(column)) {
          return {
            name: isSimple ? "Time" : column.name,
            type,
            ...(hasOneTime ? {} : { labels: allLabels }),
          };
        }
        return isSimple
          ? { name: fieldName ?? "Value", type, labels: tags }
          : { name: column.name, type, labels: allLabels };
      }),
    },
    data: { values: fields.map(() => []), entities: fields.map(() => ({ NaN: [], Inf: [], NegInf: [] })) },
  };
}

function append(
  frame: FrameJson | undefined,
  { fields }: Layout,
  row: readonly string[],
  limits: Limits,
): void {
  fields.forEach((column, index) => {
    const values = frame?.data.values[index] ?? [];
    const text = cell(column, row);
    const entity = { NaN: "NaN", "+Inf": "Inf", "-Inf": "NegInf" }[text] as keyof Entities | undefined;
    if (entity !== undefined && fieldType(column.type) === "number") {
      frame?.data.entities[index]?.[entity].push(values.length);
      values.push(null);
    } else {
      values.push(text === "" ? null : converted(column, text));
    }
    if (values.length > limits.points) {
      throw new Error(
        `The query returns more than ${limits.points} values in one series: it should use aggregateWindow.`,
      );
    }
  });
}

function cell({ index, ifEmpty }: Column, row: readonly string[]): string {
  const text = row[index] ?? "";
  return text === "" ? ifEmpty : text;
}

function fieldType(type: string): FieldSchema["type"] {
  if (type.startsWith("dateTime:")) {
    return "time";
  }
  const types: Readonly<Record<string, FieldSchema["type"]>> = {
    double: "number",
    long: "number",
    unsignedLong: "number",
    duration: "number",
    boolean: "boolean",
  };
  return types[type] ?? "string";
}

function converted({ type }: Column, text: string): Value {
  switch (fieldType(type)) {
    case "time":
      return Date.parse(text);
    case "number":
      return Number(text);
    case "boolean":
      return text === "true";
    case "string":
      return text;
  }
}

/** The rows of a CSV text (RFC 4180), without the empty ones. */
export function csvRows(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const cells = text.matchAll(/(?:"([^"]*(?:""[^"]*)*)"|([^,\r\n]*))(,|\r?\n|$)/g);
  for (const [, quoted, plain = "", end] of cells) {
    row.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end !== ",") {
      if (row.length > 1 || row[0] !== "") {
        rows.push(row);
      }
      row = [];
    }
  }
  return rows;
}
