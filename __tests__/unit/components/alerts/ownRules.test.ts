import { parse, stringify } from "yaml";
import { mistakesInRules, ownRuleUids, renderOwnRules } from "../../../../components/alerts/ownRules";
import { exampleSettings } from "../../../support/exampleSettings";
import { ownFolder } from "../../../support/ownFolder";
import { temporaryFolder } from "../../../support/temporaryFolder";

const folder = temporaryFolder();
const existing = { volumes: { grafana: "grafana-storage" } };

function settingsWith(files: Readonly<Record<string, string>>, changes: object = {}) {
  return exampleSettings({ grafana: { rules: ownFolder(folder, files) }, ...changes });
}

const query = {
  refId: "A",
  relativeTimeRange: { from: 600, to: 0 },
  datasourceUid: "pi-monitoring-influxdb",
  model: { refId: "A", query: 'from(bucket: "$x")' },
};
const condition = {
  refId: "B",
  datasourceUid: "__expr__",
  model: { refId: "B", type: "math", expression: "$A > 1" },
};
const rule = { uid: "mine", title: "Mine", condition: "B", data: [query, condition] };
const group = { orgId: 1, name: "group", folder: "Anywhere", interval: "1m", rules: [rule] };

const fileOf = (...groups: readonly object[]): string =>
  stringify({ apiVersion: 1, groups }, { aliasDuplicateObjects: false });
const withRule = (more: object): string => fileOf({ ...group, rules: [{ ...rule, ...more }] });
const withGroup = (more: object): string => fileOf({ ...group, ...more });
const mistakesIn = (content: string, changes: object = {}): string[] =>
  mistakesInRules(settingsWith({ "a.yaml": content }, changes));
const about = (message: string): string => `pi-monitoring:grafana.rules: the file "a.yaml": ${message}`;
const inRule = (message: string): string => about(`groups[0].rules[0].${message}`);

/** As Grafana 12 exports a rule: it has doubled each `$`, but for annotations and queries. */
const exported = `apiVersion: 1
groups:
    - orgId: 1
      name: Küche
      folder: Mine
      interval: 5m
      rules:
        - uid: fdx8qk2vbbsw0a
          title: Costs $$5
          condition: B
          data:
            - refId: A
              queryType: ""
              relativeTimeRange:
                from: 600
                to: 0
              datasourceUid: pi-monitoring-influxdb
              model:
                instant: false
                query: |-
                    from(bucket: "prometheus")
                      |> range(start: v.timeRangeStart)
                refId: A
            - refId: B
              datasourceUid: __expr__
              model:
                conditions:
                    - evaluator:
                        params:
                            - 1.50
                        type: gt
                expression: $A > 1
                type: threshold
          noDataState: NoData
          execErrState: Error
          for: 1h30m
          keepFiringFor: 0s
          annotations:
            summary: '{{ $labels.node_name }} has {{ $values.B }}'
          labels:
            disk: '{{ $$labels.device }}'
            level: 1.0
          isPaused: false
          notification_settings:
            receiver: Pi monitoring
`;

describe("what Grafana exports", () => {
  test("is right, on any volume", () => {
    expect(mistakesIn(exported)).toEqual([]);
    expect(mistakesIn(exported, { existing })).toEqual([]);
  });

  test("arrives as it is, but for the folder", () => {
    const settings = settingsWith({ "a.yaml": exported });
    const rendered = renderOwnRules({ name: "a.yaml", content: exported }, settings);
    expect(parse(rendered)).toEqual(parse(exported.replace("folder: Mine", "folder: Own alerts")));
    // Grafana reads a label as it is written.
    expect(rendered).toMatch(/level: 1\.0$/m);
    expect(ownRuleUids(settings)).toEqual(["fdx8qk2vbbsw0a"]);
  });

  test("comments and blocks stay as they are", () => {
    const content = `# mine\n${withRule({ annotations: { text: "a\nb\n", summary: "word ".repeat(30) } })}`;
    const rendered = renderOwnRules({ name: "a.yaml", content }, exampleSettings());
    expect(parse(rendered)).toEqual(parse(content.replace("folder: Anywhere", "folder: Own alerts")));
    expect(rendered).toMatch(/^# mine$/m);
    expect(rendered).toMatch(/text: \|\n +a\n +b\n/);
  });

  test("without apiVersion gets one, as Grafana takes no other", () => {
    const content = stringify({ groups: [group] });
    expect(mistakesIn(content)).toEqual([]);
    expect(parse(renderOwnRules({ name: "a.yaml", content }, exampleSettings()))).toMatchObject({
      apiVersion: 1,
    });
  });
});

describe("the contact points", () => {
  const delivery = (content: string, changes: object): unknown => {
    const file = parse(renderOwnRules({ name: "a.yaml", content }, exampleSettings(changes))) as {
      groups: { rules: { notification_settings?: unknown }[] }[];
    };
    return file.groups[0]?.rules[0]?.notification_settings;
  };

  test("are found by the program's policies on a new volume", () => {
    expect(delivery(withRule({}), {})).toBeUndefined();
  });

  test("are named by the rule on an existing volume, whose policies are its owner's", () => {
    expect(delivery(withRule({}), { existing })).toEqual({
      receiver: "Pi monitoring",
      group_by: ["grafana_folder", "alertname"],
      group_wait: "30s",
      group_interval: "5m",
      repeat_interval: "12h",
    });
  });

  test("that a rule names itself stay", () => {
    const own = { receiver: "team" };
    expect(mistakesIn(withRule({ notification_settings: own }), { existing })).toEqual([]);
    expect(delivery(withRule({ notification_settings: own }), { existing })).toEqual(own);
  });
});

describe("refused is", () => {
  const leftOut = "must be left out: a file here has groups of rules, and nothing else";

  test.each<readonly [string, string, string | RegExp]>([
    ["what is no YAML", "groups: [", about("must be YAML: Flow sequence in block collection must be")],
    [
      "two documents",
      `${fileOf(group)}---\n${fileOf(group)}`,
      about("must be YAML: Source contains multiple documents"),
    ],
    ["a key twice", "groups: []\ngroups: []\n", about("must be YAML: Map keys must be unique")],
    ["a tag of its own", "groups: !secret x\n", about("must be YAML: Unresolved tag: !secret")],
    [
      "an alias",
      `groups:\n  - &g {name: a, interval: 1m, rules: []}\n  - *g\n`,
      about("must repeat what it names by *"),
    ],
    ["an alias without an anchor", "groups: *g\n", about("must repeat what it names by *")],
    ["an empty file", "", about("must be the rules that Grafana exports as YAML")],
    ["a list", "- 1\n", about("must be the rules that Grafana exports as YAML")],
    ["another version", stringify({ apiVersion: 2, groups: [group] }), about("apiVersion = 2: must be 1")],
    ["no group", "groups: []\n", about("groups = []: must be a list of at least one group")],
    ...[
      "deleteRules",
      "contactPoints",
      "deleteContactPoints",
      "policies",
      "resetPolicies",
      "templates",
      "deleteTemplates",
      "muteTimes",
      "deleteMuteTimes",
    ].map(
      (key) =>
        [
          key,
          stringify({ groups: [group], [key]: [{ name: "x" }] }),
          about(`${key} = …: ${leftOut}`),
        ] as const,
    ),
    ["another organization", withGroup({ orgId: 2 }), about("groups[0].orgId = 2: must be 1")],
    ["a group without a name", withGroup({ name: " " }), about('groups[0].name = " ": must not be empty')],
    ["a long name", withGroup({ name: "a".repeat(191) }), /name = .*: must have at most 190 characters$/],
    ...["15s", "0s", "1", "x", ""].map(
      (interval) =>
        [
          `the interval "${interval}"`,
          withGroup({ interval }),
          /groups\[0\]\.interval = .*: must be a /,
        ] as const,
    ),
    [
      "no interval",
      withGroup({ interval: undefined }),
      about("groups[0].interval is missing: must be a duration"),
    ],
    [
      "a rule without a UID",
      withRule({ uid: undefined }),
      inRule("uid is missing: must be a text of up to 40"),
    ],
    ["a number as a UID", withRule({ uid: 7 }), inRule("uid = 7: must be a text of up to 40")],
    ["the program's UID", withRule({ uid: "pi-monitoring-load" }), /must not begin with pi-monitoring-/],
    ["no title", withRule({ title: "" }), inRule('title = "": must not be empty')],
    ["a $ that Grafana expands", withRule({ title: "Costs $5" }), /title = .*: must have \$\$ for each \$/],
    [
      "a $ in a label",
      withRule({ labels: { disk: "{{ $labels.device }}" } }),
      /labels\.disk = .*: must have \$\$ for each \$/,
    ],
    [
      "${ in an annotation",
      withRule({ annotations: { summary: "${HOME}" } }),
      /annotations\.summary = .*: must not have \$\{/,
    ],
    [
      "a label of Grafana's own",
      withRule({ labels: { __x: "y" } }),
      /labels\.__x = "y": must not begin with __, which is/,
    ],
    [
      "the topic of the heartbeat",
      withRule({ labels: { topic: "heartbeat" } }),
      /labels\.topic = "heartbeat": must be another topic: heartbeat and test are the program's$/,
    ],
    [
      "a panel without its dashboard",
      withRule({ annotations: { __panelId__: "1" } }),
      /must have the UID of a dashboard and the number/,
    ],
    ["no query", withRule({ data: [] }), inRule("data = []: must be a list of at least one query")],
    [
      "a condition that is no query",
      withRule({ condition: "Z" }),
      inRule('condition = "Z": must be the refId of a query: A, B'),
    ],
    [
      "one refId twice",
      withRule({ data: [query, query, condition] }),
      /must have another refId for each query$/,
    ],
    [
      "an unknown state",
      withRule({ noDataState: "Ok" }),
      inRule('noDataState = "Ok": must be NoData, Alerting, OK or KeepLast'),
    ],
    [
      "another unknown state",
      withRule({ execErrState: "NoData" }),
      inRule('execErrState = "NoData": must be Error, Alerting, OK or KeepLast'),
    ],
    ["a number of seconds", withRule({ for: 300 }), inRule("for = 300: must be a duration, such as 5m")],
    [
      "a boolean of old YAML",
      withRule({ isPaused: "yes" }),
      inRule('isPaused = "yes": must be true or false'),
    ],
    ["a negative count", withRule({ missing_series_evals_to_resolve: -1 }), /= -1: must not be negative$/],
    [
      "a recording rule",
      withRule({ record: { metric: "x", from: "A" } }),
      /record = .*: must be left out: InfluxDB/,
    ],
    [
      "a query without a time range",
      withRule({ data: [{ ...query, relativeTimeRange: undefined }, condition] }),
      inRule("data[0].relativeTimeRange is missing: must be a time range, such as {from: 600, to: 0}"),
    ],
    [
      "a time range that ends before it begins",
      withRule({ data: [{ ...query, relativeTimeRange: { from: 0, to: 600 } }, condition] }),
      /must be a time range/,
    ],
    [
      "a data source that is not there",
      withRule({ data: [{ ...query, datasourceUid: "loki" }, condition] }),
      inRule(
        'data[0].datasourceUid = "loki": must be a data source that is there: pi-monitoring-influxdb, __expr__',
      ),
    ],
    [
      "a query without a model",
      withRule({ data: [{ ...query, model: undefined }, condition] }),
      /must be the model of a query$/,
    ],
    ...["team", "Pi monitoring: heartbeat", "grafana-default-email"].map(
      (receiver) =>
        [
          `the contact point ${receiver}`,
          withRule({ notification_settings: { receiver } }),
          inRule(
            `notification_settings.receiver = "${receiver}": must be Pi monitoring, or leave notification_settings out`,
          ),
        ] as const,
    ),
    [
      "a mute timing",
      withRule({ notification_settings: { receiver: "Pi monitoring", mute_time_intervals: ["night"] } }),
      /mute_time_intervals = \["night"\]: must be left out/,
    ],
    [
      "a grouping without the labels that Grafana asks for",
      withRule({ notification_settings: { receiver: "Pi monitoring", group_by: ["topic"] } }),
      /group_by = \["topic"\]: must have alertname and grafana_folder$/,
    ],
  ])("%s", (_, content, message) => {
    const found = mistakesIn(content);
    expect(found).toHaveLength(1);
    expect(found[0]).toEqual(
      typeof message === "string" ? expect.stringContaining(message) : expect.stringMatching(message),
    );
  });

  test("a UID, a title and a group of another file", () => {
    const other = { ...group, rules: [rule, { ...rule, uid: "b", title: "B" }] };
    expect(mistakesInRules(settingsWith({ "a.yaml": fileOf(group), "b.yml": fileOf(other) }))).toEqual(
      ['name = "group"', 'rules[0].uid = "mine"', 'rules[0].title = "Mine"'].map(
        (what) =>
          `pi-monitoring:grafana.rules: the file "b.yml": groups[0].${what}: must be unique; the file "a.yaml" has the same`,
      ),
    );
  });

  test("all that is wrong in all files, at once", () => {
    const wrong = withRule({ title: "", for: 1, labels: { a: null } });
    expect(
      mistakesInRules(settingsWith({ "a.yaml": wrong, "b.yaml": "x: [", "c.yaml": fileOf(group) })),
    ).toHaveLength(4);
  });
});

test("a data source of an existing volume may be its owner's", () => {
  expect(
    mistakesIn(withRule({ data: [{ ...query, datasourceUid: "loki" }, condition] }), { existing }),
  ).toEqual([]);
});
