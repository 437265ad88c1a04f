import { labelCondition } from "./labelCondition";
import { quoteFlux } from "../template";

/** Under this measurement Telegraf writes what Prometheus sends: the metric is the field, its labels are tags. */
export const remoteWrite = "prometheus_remote_write";

/**
 * A condition in Flux: the sample is from a daemon of this program's own on a node. Those of the user's jobs have no such
 * label, whatever their metrics are called. InfluxDB's storage evaluates it.
 */
export const isOfNode = "exists r.node_name";

/**
 * Whether a sample is one of these metrics; `where` narrows it by its tags.
 *
 * @throws {Error} if the metrics have different labels, as no sample has both
 */
function isMetric(metrics: readonly string[], where: string | undefined): string {
  const [labelled = "true", ...others] = new Set(metrics.map(labelCondition));
  if (others.length > 0) {
    throw new Error(`A query of its own for each, as their labels differ: ${metrics.join(", ")}`);
  }
  const fields = metrics.map((metric) => `r._field == ${quoteFlux(metric)}`).join(" or ");
  const conditions = [
    `r._measurement == "${remoteWrite}"`,
    isOfNode,
    labelled,
    metrics.length > 1 ? `(${fields})` : fields,
    ...(where === undefined ? [] : [where]),
  ];
  return `|> filter(fn: (r) => ${conditions.join(" and ")})`;
}

export interface Selection {
  /** The names of metrics. */
  readonly of: readonly string[];
  /** A condition on the tags of `r`. */
  readonly where?: string;
}

/** The samples of nodes' metrics in the time range, from the bucket that suits its length; see `completeQuery`. */
export function samples({ of, where }: Selection): string {
  return `from(bucket: bucket) |> range(start: v.timeRangeStart, stop: v.timeRangeStop) ${isMetric(of, where)}`;
}

/** The same, always as they came: for what a mean does not show, over a range that the retention allows. */
export function everySample({ of, where }: Selection): string {
  return `from(bucket: raw) |> range(start: v.timeRangeStart, stop: v.timeRangeStop) ${isMetric(of, where)}`;
}

/** The metrics that queries take from `samples`, by their names. */
export function metricsOfSamples(queries: readonly string[]): string[] {
  const selections = queries.flatMap((query) =>
    query.split("from(").filter((each) => each.startsWith("bucket: bucket)")),
  );
  const metrics = selections.flatMap((each) =>
    [...each.matchAll(/r\._field == "(\w+)"/g)].map(([, metric = ""]) => metric),
  );
  return [...new Set(metrics)].sort();
}

/** The samples of nodes' metrics in the last minutes of the time range, as they came; see `completeQuery`. */
export function recent({ of, where }: Selection): string {
  return `from(bucket: raw) |> range(start: recent, stop: v.timeRangeStop) ${isMetric(of, where)}`;
}

/** One field of what Telegraf measures itself, on the server, in the time range. */
export function serverSamples(measurement: string, field: string, where?: string): string {
  const condition = where === undefined ? "" : ` and ${where}`;
  return `from(bucket: raw) |> range(start: v.timeRangeStart, stop: v.timeRangeStop) |> filter(fn: (r) => r._measurement == ${quoteFlux(measurement)} and r._field == ${quoteFlux(field)}${condition})`;
}

/** One value for each pixel or so. */
export const mean = "|> aggregateWindow(every: v.windowPeriod, fn: mean, createEmpty: false)";

/**
 * The newest value of all that has the same tags. A node whose own labels have changed, or its port, has a series before
 * and another since. InfluxDB's storage finds it.
 */
export function newest(...tags: readonly string[]): string {
  return `|> group(columns: ${listOf(tags)}) |> last()`;
}

/** The newest value of each metric, all with one time: what was scraped together may arrive apart. */
export function latest(...tags: readonly string[]): string {
  return `${newest("_field", ...tags)} |> map(fn: (r) => ({r with _time: v.timeRangeStop}))`;
}

/** How fast counters grow, by the second. */
export const rate = `|> aggregateWindow(every: v.windowPeriod, fn: last, createEmpty: false)
  |> derivative(unit: 1s, nonNegative: true)`;

/** The same of the last minutes, as one value. */
export const recentRate = "|> derivative(unit: 1s, nonNegative: true) |> mean()";

/** Gives each of several metrics a tag `metric` with what people call it. */
export function callMetrics(names: Readonly<Record<string, string>>): string {
  const cases = Object.entries(names).map(
    ([field, name]) => `if r._field == ${quoteFlux(field)} then ${quoteFlux(name)} else `,
  );
  return `|> map(fn: (r) => ({r with metric: ${cases.join("")}r._field}))`;
}

/** A list of strings, in Flux. */
export function listOf(texts: readonly string[]): string {
  return `[${texts.map(quoteFlux).join(", ")}]`;
}

/** One series for each value of a tag, with nothing else in its name. */
export function by(...tags: readonly string[]): string {
  return `|> group(columns: ${listOf(tags)}) |> keep(columns: ${listOf([...tags, "_time", "_value"])})`;
}

/**
 * Makes one series of all that have the same tags: a `fn` of their values in each window, of which each has one. To
 * group them by their times takes InfluxDB more memory than it has. A sum is without the last windows: what was scraped
 * together may arrive apart, and a sum of a part of it would look like a dip.
 */
export function combined(fn: "sum" | "mean" | "max" | "min", ...tags: readonly string[]): string {
  const complete =
    fn === "sum" ? "|> filter(fn: (r) => r._time < date.sub(from: v.timeRangeStop, d: 15s)) " : "";
  return `${complete}|> group(columns: ${listOf(tags)})
  |> aggregateWindow(every: v.windowPeriod, fn: ${fn}, timeSrc: "_start", createEmpty: false)`;
}

/** The series of the ten nodes whose values are the highest, so that three nodes and three hundred fit a panel. */
export function topNodes(series: string): string {
  return `data = ${series}
top = data |> group(columns: ["node_name"]) |> mean() |> group() |> top(n: 10) |> findColumn(fn: (key) => true, column: "node_name")
data |> filter(fn: (r) => contains(value: r.node_name, set: top))`;
}

/** The nodes that the settings know, each with one row of this value. */
export function knownNodes(nodes: readonly { readonly host: string }[], value: number): string {
  const rows = nodes.map(({ host }) => `{node_name: ${quoteFlux(host)}, _value: ${value.toFixed(1)}}`);
  return `array.from(rows: [${rows.join(", ")}]) |> group(columns: ["node_name"])`;
}

/** Only of these nodes: the bucket keeps the samples of removed ones. */
export function ofNodes(nodes: readonly { readonly host: string }[]): string {
  return `|> filter(fn: (r) => contains(value: r.node_name, set: ${listOf(nodes.map(({ host }) => host))}))`;
}

/** The days since each of these dates, by what they are the dates of. */
export function daysSince(dates: Readonly<Record<string, string>>): string {
  const rows = Object.entries(dates).map(([name, date]) => `{name: ${quoteFlux(name)}, date: ${date}}`);
  return `array.from(rows: [${rows.join(", ")}])
  |> map(fn: (r) => ({name: r.name, _value: float(v: int(v: now()) - int(v: r.date)) / 86400000000000.0}))
  |> group(columns: ["name"])`;
}
