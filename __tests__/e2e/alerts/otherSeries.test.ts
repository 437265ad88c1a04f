import { parse } from "yaml";
import { renderRules } from "../../../components/alerts/provisioning";
import { dashboardNames, renderDashboard } from "../../../components/dashboards/dashboards";
import { remoteWrite } from "../../../components/flux/query";
import { parseSettings, type Settings } from "../../../components/settings/settings";
import { type AdminSession, signInAsAdmin } from "../support/adminSession";
import { nodeSamples, presetSamples } from "../support/nodeSamples";
import { type Dashboard, type Rule, runFlux } from "../support/provisioned";
import { startRehearsal } from "../support/rehearsal";

/**
 * Three buckets with the samples of the same nodes. In `relabelled` the labels of the nodes have changed, and `beside` has
 * targets of the user's with the same metrics too.
 */
const buckets = ["plain", "relabelled", "beside"] as const;
type Bucket = (typeof buckets)[number];

const nodes = ["a", "b", "c"].map((name, index) => ({
  name,
  host: `${name}.local`,
  hostKey: "unchecked",
  key: "agent",
  master: index === 0,
}));

const madeAt = { telegraf: "2026-01-01T00:00:00Z" };
const minute = 60;
/** Minutes of samples, and how many of them are from after the change. */
const minutes = 10;
const minutesSince = 3;

function settingsOf(bucket: Bucket): Settings {
  return parseSettings("dev", {
    "pi-monitoring:domain": "pi.test",
    "pi-monitoring:vps": "local",
    "pi-monitoring:nodes": JSON.stringify(nodes),
    "pi-monitoring:influxdb": JSON.stringify({ bucket }),
    // Without the preset internet: its series do not get the setting `labels` of a node.
    "pi-monitoring:presets": JSON.stringify({ disks: true, pi5: true }),
  });
}

/** What the Prometheus of a master reports of itself. */
function prometheusSamples(tags: string, time: number): string {
  const fields = {
    up: 1,
    prometheus_remote_storage_samples_failed_total: 0,
    prometheus_remote_storage_samples_dropped_total: 0,
    prometheus_remote_storage_highest_timestamp_in_seconds: time,
    prometheus_remote_storage_queue_highest_sent_timestamp_seconds: time - 2,
  };
  const values = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
  return `prometheus_remote_write,${tags} ${values.join(",")} ${time}`;
}

/** When node_exporter's textfile was written, which one rule asks for. */
function textfileSample(tags: string, index: number, time: number): string {
  const file = "/run/pi-monitoring/textfiles/raspberrypi-metrics.prom";
  return `prometheus_remote_write,${tags},file=${file} node_textfile_mtime_seconds=${time - 15 - index} ${time}`;
}

/** The samples of all nodes up to a time. `up` and `throttled` change with the labels, so that an old series shows. */
function lines(bucket: Bucket, now: number): string[] {
  return Array.from({ length: minutes }, (_, ago) => ({ ago, time: now - ago * minute })).flatMap(
    ({ ago, time }) => {
      const isSince = ago < minutesSince;
      const common = { time, up: isSince ? 1 : 0, throttled: isSince ? 0 : 1, hasAllCpuModes: true } as const;
      const own = nodes.flatMap(({ host }, index) => {
        const label = bucket === "relabelled" && isSince ? ",rack=r1" : "";
        const tags = `instance=${host}:9100,job=node,monitor=mykube,node_name=${host}${label}`;
        const options = { ...common, tags, index };
        return [
          prometheusSamples(`job=prometheus,node_name=${host}`, time),
          textfileSample(tags, index, time),
          ...nodeSamples(options),
          ...presetSamples(options),
        ];
      });
      // A rule of a job can change the label `job`.
      const others = ["nas", "node", "prometheus"].flatMap((job) => {
        const tags = `instance=nas.local:9100,job=${job},monitor=mykube`;
        const options = { ...common, time: time + 1, up: 1, tags, index: 5 } as const;
        return [
          prometheusSamples(`${tags},remote_name=other`, time + 1),
          textfileSample(tags, 5, time + 1),
          ...nodeSamples(options),
          ...presetSamples(options),
        ];
      });
      return [...own, ...(bucket === "beside" ? others : [])];
    },
  );
}

interface Result {
  /** The labels and the time of a value. */
  readonly key: string;
  readonly value: number | string;
}

let admin: AdminSession;
let token: string;
/** The end of the last scrape interval. */
let end: number;

beforeAll(async () => {
  admin = await signInAsAdmin(await startRehearsal());
  token = await admin.makeBuckets(buckets);
  const now = Math.floor(Date.now() / 1000 / minute) * minute;
  end = now + minute;
  for (const bucket of buckets) {
    await admin.write(bucket, lines(bucket, now).join("\n"));
  }
});

afterAll(async () => {
  // Unset if the rehearsal did not start.
  await (admin as AdminSession | undefined)?.removeAll();
});

/** The results of a query, in their order. One window has one sample of each series. */
async function results(query: string, seconds: number): Promise<Result[]> {
  const range = {
    seconds,
    points: seconds / minute,
    variables: { node: "b.local" },
    stop: new Date(end * 1000),
  };
  return (await runFlux(token, query, range)).map((row) => {
    const { _time: time = "", _value: value, ...rest } = row;
    const labels = Object.entries(rest).filter(([name]) => !/^(_.*|result|table|)$/.test(name));
    // A table has its values in columns of their own.
    const columns = value === undefined ? labels.filter(([name]) => name !== "node_name") : [];
    const names = labels.filter((label) => !columns.includes(label)).sort();
    return {
      key: JSON.stringify([names, time]),
      value: value === undefined ? JSON.stringify(columns.sort()) : Number(value),
    };
  });
}

interface Query {
  readonly title: string;
  readonly seconds: number;
  readonly text: string;
}

/** The queries of all panels and rules. A title that a dashboard has again gets a number. */
function queriesOf(bucket: Bucket): ReadonlyMap<string, Query> {
  const settings = settingsOf(bucket);
  const panels = dashboardNames(settings).flatMap((name) =>
    (JSON.parse(renderDashboard(name, settings, madeAt)) as Dashboard).panels.flatMap(({ title, targets }) =>
      targets.map(({ query }) => ({
        title: `${name}: ${title}`,
        seconds: minutes * minute,
        text: query,
      })),
    ),
  );
  const { groups } = parse(renderRules(settings, madeAt)) as { groups: { rules: Rule[] }[] };
  const rules = groups.flatMap((group) =>
    group.rules.map(({ title, data: [{ relativeTimeRange, model }] }) => ({
      title: `alert: ${title}`,
      seconds: relativeTimeRange.from,
      text: model.query,
    })),
  );
  const queries = new Map<string, Query>();
  for (const query of [...panels, ...rules]) {
    let title = query.title;
    for (let number = 2; queries.has(title); number++) {
      title = `${query.title} (${number})`;
    }
    queries.set(title, { ...query, title });
  }
  return queries;
}

const queries = {
  plain: queriesOf("plain"),
  relabelled: queriesOf("relabelled"),
  beside: queriesOf("beside"),
} satisfies Record<Bucket, unknown>;
const titles = [...queries.plain.keys()];

function queryOf(bucket: Bucket, title: string): Query {
  const query = queries[bucket].get(title);
  if (query === undefined) {
    throw new Error(`there is no query of ${title}`);
  }
  return query;
}

async function resultsOf(bucket: Bucket, title: string): Promise<Result[]> {
  const { text, seconds } = queryOf(bucket, title);
  return results(text, seconds);
}

/** Without what is different in each sum of floating-point numbers. */
function rounded(all: readonly Result[]): Result[] {
  return all.map(({ key, value }) => ({
    key,
    value: typeof value === "number" ? Number(value.toPrecision(5)) : value,
  }));
}

/**
 * Whether a query reads only what Telegraf measures on the server. These buckets have no such samples. A rule's query
 * gives values below its threshold too, so any other query has a result.
 */
function isAboutServer({ text }: Query): boolean {
  const measurements = [...text.matchAll(/r\._measurement == "(\w+)"/g)].map(([, name]) => name);
  return measurements.length > 0 && !measurements.includes(remoteWrite);
}

/** The titles of queries whose values are ages, which differ between two runs. */
const isAge = /Age of|sends nothing|[Cc]redential|Backup/;

/** The labels of a result without its time. */
function labelsOf({ key }: Result): string {
  return key.replace(/,"[^"]*"\]$/, "");
}

test("only queries about the server may have no result", () => {
  const aboutServer = titles.filter((title) => isAboutServer(queryOf("plain", title)));
  const expected = /^pipeline: |^alert: (Samples are dropped|Server's|Certificate|Backup|Test$|Heartbeat)/;
  expect(aboutServer.filter((title) => !expected.test(title))).toEqual([]);
});

test.each(titles)("%s is the same beside targets of the user's", async (title) => {
  const [plain, beside] = [await resultsOf("plain", title), await resultsOf("beside", title)];
  if (!isAboutServer(queryOf("plain", title))) {
    expect(plain).not.toEqual([]);
  }
  const compare = (all: readonly Result[]): unknown =>
    isAge.test(title) ? all.map(({ key }) => key) : rounded(all);
  expect(compare(beside)).toEqual(compare(plain));
});

test.each(titles)("%s goes on where the labels of its nodes have changed", async (title) => {
  const plain = rounded(await resultsOf("plain", title));
  const relabelled = rounded(await resultsOf("relabelled", title));
  // No value stands twice, and they are in the order of their times.
  const keys = relabelled.map(({ key }) => key);
  expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  expect(new Set(relabelled.map(labelsOf))).toEqual(new Set(plain.map(labelsOf)));
  if (isAge.test(title)) {
    return;
  }
  // A rate begins again with the second value of the new series, so one value may be missing. Of a short range, that is up
  // to half of them.
  const expected = plain.filter(({ key }) => keys.includes(key));
  expect(plain.length - expected.length).toBeLessThanOrEqual(new Set(plain.map(({ key }) => key)).size / 2);
  expect(relabelled).toEqual(expected);
});
