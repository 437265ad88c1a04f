import { parse } from "yaml";
import { renderRules } from "../../../components/alerts/provisioning";
import { dashboardNames, renderDashboard } from "../../../components/dashboards/dashboards";
import { parseSettings, type Settings } from "../../../components/settings/settings";
import { type AdminSession, signInAsAdmin } from "../support/adminSession";
import { nodeSamples, presetSamples } from "../support/nodeSamples";
import { type Dashboard, type Rule, runFlux } from "../support/provisioned";
import { startRehearsal } from "../support/rehearsal";

// Panels and rules of the same nodes, whose labels have changed, or beside targets of the user's with the same metrics.

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
    // The probes of the preset internet have no labels of nodes.
    "pi-monitoring:presets": JSON.stringify({ disks: true, pi5: true }),
  });
}

/** The samples of all nodes up to a time. All values of gauges change with the labels. */
function lines(bucket: Bucket, now: number): string[] {
  return Array.from({ length: minutes }, (_, ago) => ({ ago, time: now - ago * minute })).flatMap(
    ({ ago, time }) => {
      const isSince = ago < minutesSince;
      const common = { time, up: isSince ? 1 : 0, throttled: isSince ? 0 : 1, hasAllCpuModes: true } as const;
      const own = nodes.flatMap(({ host }, index) => {
        const label = bucket === "relabelled" && isSince ? ",rack=r1" : "";
        const tags = `instance=${host}:9100,job=node,monitor=mykube,node_name=${host}${label}`;
        const self = `prometheus_remote_write,job=prometheus,node_name=${host} up=1 ${time}`;
        const options = { ...common, tags, index };
        return [self, ...nodeSamples(options), ...presetSamples(options)];
      });
      // A rule of a job can change the label `job`.
      const others = ["nas", "node", "prometheus"].flatMap((job) => {
        const tags = `instance=nas.local:9100,job=${job},monitor=mykube`;
        const options = { ...common, time: time + 1, up: 1, tags, index: 5 } as const;
        return [...nodeSamples(options), ...presetSamples(options)];
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
  await admin.removeAll();
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

/** The queries of all panels and rules. */
function queriesOf(bucket: Bucket): Query[] {
  const settings = settingsOf(bucket);
  const panels = dashboardNames(settings).flatMap((name) =>
    (JSON.parse(renderDashboard(name, settings, madeAt)) as Dashboard).panels.map(({ title, targets }) => ({
      title: `${name}: ${title}`,
      seconds: minutes * minute,
      text: targets[0]?.query ?? "",
    })),
  );
  const { groups } = parse(renderRules(settings, madeAt)) as { groups: { rules: Rule[] }[] };
  const rules = groups.flatMap((group) =>
    group.rules.map(({ title, data: [{ relativeTimeRange, model }] }) => ({
      title: `alert: ${title}`,
      seconds: relativeTimeRange.from,
      text: model.query,
    })),
  );
  return [...panels, ...rules];
}

const titles = queriesOf("plain").map(({ title }) => title);

async function resultsOf(bucket: Bucket, title: string): Promise<Result[]> {
  const query = queriesOf(bucket).find((each) => each.title === title);
  if (query === undefined) {
    throw new Error(`there is no query of ${title}`);
  }
  return results(query.text, query.seconds);
}

/** Without what is different in each sum of floating-point numbers. */
function rounded(all: readonly Result[]): Result[] {
  return all.map(({ key, value }) => ({
    key,
    value: typeof value === "number" ? Number(value.toPrecision(5)) : value,
  }));
}

/** The queries without a result, which these tests say nothing about. */
const empty: string[] = [];

/** What has ages at the time of the query. */
const isAge = /Age of|sends nothing|redential|Backup/;

test.each(titles)("%s is the same beside targets of the user's", async (title) => {
  const [plain, beside] = [await resultsOf("plain", title), await resultsOf("beside", title)];
  if (plain.length === 0) {
    empty.push(title);
  }
  const compare = (all: readonly Result[]): unknown =>
    isAge.test(title) ? all.map(({ key }) => key) : rounded(all);
  expect(compare(beside)).toEqual(compare(plain));
});

test("only queries about the server have no result", () => {
  const ofServer = /^pipeline: |^alert: /;
  expect(empty.filter((title) => !ofServer.test(title))).toEqual([]);
});

test.each(titles)("%s goes on where the labels of its nodes have changed", async (title) => {
  const plain = rounded(await resultsOf("plain", title));
  const relabelled = rounded(await resultsOf("relabelled", title));
  // No value stands twice, and they are in the order of their times.
  const keys = relabelled.map(({ key }) => key);
  expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  expect(new Set(keys.map((key) => key.replace(/,"[^"]*"\]$/, "")))).toEqual(
    new Set(plain.map(({ key }) => key.replace(/,"[^"]*"\]$/, ""))),
  );
  if (isAge.test(title)) {
    return;
  }
  // A rate begins again with the second value of the new series.
  const expected = plain.filter(({ key }) => keys.includes(key));
  expect(plain.length - expected.length).toBeLessThanOrEqual(new Set(plain.map(({ key }) => key)).size / 2);
  expect(relabelled).toEqual(expected);
});
