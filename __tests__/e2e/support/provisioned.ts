import { parse } from "yaml";
import { query, type Row, rowsOf } from "./influx";
import { docker } from "./machines";

/** What the suites read of a panel in a dashboard's file. */
export interface Panel {
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly interval?: string;
  readonly maxDataPoints?: number;
  readonly fieldConfig: {
    readonly defaults: { readonly unit?: string; readonly thresholds?: { readonly steps: unknown[] } };
    readonly overrides: readonly {
      readonly matcher: { readonly id: string; readonly options: unknown };
      readonly properties: readonly { readonly id: string; readonly value: unknown }[];
    }[];
  };
  readonly targets: readonly { readonly query: string }[];
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly editable: boolean;
  readonly panels: readonly Panel[];
  readonly templating?: { readonly list: readonly { readonly name: string; readonly query: string }[] };
}

/** What the suites read of a rule in the rules' file. */
export interface Rule {
  readonly uid: string;
  readonly title: string;
  readonly isPaused: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: { readonly summary: string; readonly description: string };
  readonly data: readonly [
    { readonly relativeTimeRange: { readonly from: number }; readonly model: { readonly query: string } },
    { readonly model: { readonly type: "reduce"; readonly reducer: string; readonly expression: "A" } },
    {
      readonly model: {
        readonly type: "threshold";
        readonly expression: "B";
        readonly conditions: readonly [
          { readonly evaluator: { readonly type: string; readonly params: readonly number[] } },
        ];
      };
    },
  ];
}

/** A file of Grafana's container. */
async function grafanaFile(path: string): Promise<string> {
  return docker("exec", "grafana", "cat", path);
}

export async function provisionedDashboards(): Promise<Dashboard[]> {
  const folder = "/etc/grafana/dashboards";
  const files = (await docker("exec", "grafana", "ls", folder)).split("\n");
  return Promise.all(
    files.map(async (file) => JSON.parse(await grafanaFile(`${folder}/${file}`)) as Dashboard),
  );
}

/** A dashboard of several, by its UID without the prefix that all have. */
export function dashboardOf(dashboards: readonly Dashboard[], name: string): Dashboard {
  const found = dashboards.find(({ uid }) => uid === `pi-monitoring-${name}`);
  if (found === undefined) {
    throw new Error(`there is no dashboard ${name}`);
  }
  return found;
}

export async function provisionedRules(): Promise<Rule[]> {
  const file = parse(await grafanaFile("/etc/grafana/provisioning/alerting/rules.yaml")) as {
    groups: { rules: Rule[] }[];
  };
  return file.groups.flatMap(({ rules }) => rules);
}

interface TimeRange {
  readonly seconds: number;
  /** At most so many values of a series. */
  readonly points?: number;
  readonly variables?: Readonly<Record<string, string>>;
  /** Its end; now, unless set. */
  readonly stop?: Date;
}

/** The `v.windowPeriod` is no shorter than the interval of the rehearsal's scrapes. */
const shortestWindowSeconds = 5;

/**
 * Runs a query as Grafana's data source does, with its variables filled in.
 * Source: pkg/tsdb/influxdb/flux/macros.go of Grafana
 */
export async function runFlux(token: string, flux: string, range: TimeRange): Promise<Row[]> {
  const { seconds, points = 300, variables = {}, stop = new Date() } = range;
  const start = new Date(stop.getTime() - seconds * 1000);
  const filled = Object.entries(variables)
    .reduce((text, [name, value]) => text.replaceAll(`\${${name}}`, () => value), flux)
    .replaceAll("v.timeRangeStart", start.toISOString())
    .replaceAll("v.timeRangeStop", stop.toISOString())
    .replaceAll("v.windowPeriod", `${Math.max(shortestWindowSeconds, Math.ceil(seconds / points))}s`);
  const { status, body } = await query(token, filled);
  if (status !== 200) {
    throw new Error(`${body}\n${filled}`);
  }
  return rowsOf(body);
}

/** The result of a rule for one series. */
interface RuleResult {
  readonly labels: Row;
  /** Whether its last value is beyond the threshold. */
  readonly fires: boolean;
}

/**
 * Evaluates a rule once, without Grafana: its query, the last value of each series, the threshold. It ignores `for`: how
 * long a rule waits before it fires.
 *
 * @param at the time of the evaluation; now, unless set
 */
export async function evaluate(token: string, rule: Rule, at?: Date): Promise<RuleResult[]> {
  const [a, b, c] = rule.data;
  expect(b.model.reducer).toBe("last");
  const rows = await runFlux(token, a.model.query, {
    seconds: a.relativeTimeRange.from,
    ...(at && { stop: at }),
  });
  const last = new Map<string, RuleResult>();
  const isBeyond = thresholdOf(rule.uid, c.model.conditions[0].evaluator);
  for (const row of rows) {
    // Without a time Grafana takes the first series only. Another column that begins with `_` could become a label.
    const underscored = Object.keys(row).filter((name) => name.startsWith("_"));
    expect(underscored.sort()).toEqual(["_time", "_value"]);
    const labels = Object.fromEntries(
      Object.entries(row).filter(([name]) => !/^(_.*|result|table|)$/.test(name)),
    );
    last.set(JSON.stringify(labels), { labels, fires: isBeyond(Number(row["_value"])) });
  }
  return [...last.values()];
}

/** Whether a value is beyond the threshold of a rule. */
function thresholdOf(
  uid: string,
  { type, params }: Rule["data"][2]["model"]["conditions"][0]["evaluator"],
): (value: number) => boolean {
  const [limit, ...others] = params;
  if (limit === undefined || others.length > 0 || !["gt", "lt"].includes(type)) {
    throw new Error(`${uid} has an evaluator that is unknown here: ${type} ${params.join(" ")}`);
  }
  return (value) => (type === "gt" ? value > limit : value < limit);
}

/** Labels that the message of a rule uses, and that one of its results does not have; each of them, without results. */
export function unknownLabels({ annotations }: Rule, results: readonly RuleResult[]): string[] {
  const used = [...JSON.stringify(annotations).matchAll(/\.Labels\.(\w+)/g)].map(([, label = ""]) => label);
  const hasLabel = (label: string): boolean =>
    results.length > 0 && results.every(({ labels }) => label in labels);
  return used.filter((label) => !hasLabel(label));
}
