import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { ownRuleUids, renderOwnRules } from "../../../../../../components/alerts/ownRules";
import { renderContactPoints, renderRules } from "../../../../../../components/alerts/provisioning";
import { renderDataSource } from "../../../../../../components/server/grafana/grafana";
import { provisionAlerting } from "../../../../../../scripts/rehearsal/offline/images/grafana-stand-in/alerting";
import { provisionDataSources } from "../../../../../../scripts/rehearsal/offline/images/grafana-stand-in/dataSources";
import { readFiles } from "../../../../../../scripts/rehearsal/offline/images/grafana-stand-in/provisioningFiles";
import {
  loadState,
  type State,
} from "../../../../../../scripts/rehearsal/offline/images/grafana-stand-in/state";
import { exampleSettings } from "../../../../../support/exampleSettings";
import { ownFolder } from "../../../../../support/ownFolder";
import { temporaryFolder } from "../../../../../support/temporaryFolder";

const folder = temporaryFolder();
const url = "https://example.com/";
const existing = { volumes: { grafana: "grafana-storage" } };

/** Starts the stand-in on a volume with provisioning files, and gives what the volume has then. `state` stays as it is. */
function startWithFiles(state: State, files: Readonly<Record<string, string>>): State {
  const path = mkdtempSync(join(folder, "provisioning-"));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  const after = structuredClone(state);
  provisionDataSources(join(path, "datasources"), after);
  provisionAlerting(join(path, "alerting"), after);
  return after;
}

interface Provisioning {
  readonly alerting?: object;
  readonly dataSource?: object;
}

/** Starts it with files of this content. */
function start(state: State, { alerting, dataSource }: Provisioning): State {
  const file = (content: object): string => stringify({ apiVersion: 1, ...content });
  return startWithFiles(state, {
    ...(alerting && { "alerting/0.yaml": file(alerting) }),
    ...(dataSource && { "datasources/0.yaml": file(dataSource) }),
  });
}

/** Starts it with the files that the program renders for these settings, where it had these rules of the user's before. */
function startWithProgram(state: State, changes: object = {}, before: readonly string[] = []): State {
  const settings = exampleSettings(changes);
  const present = ownRuleUids(settings);
  const removed = before.filter((uid) => !present.includes(uid));
  const own = (settings.grafana.rules ?? []).map((file) => [
    `alerting/users-${file.name}`,
    renderOwnRules(file, settings),
  ]);
  return startWithFiles(state, {
    ...(Object.fromEntries(own) as Record<string, string>),
    "alerting/rules.yaml": renderRules(settings, {}, removed),
    "alerting/contact-points.yaml": renderContactPoints(settings),
    // The token is in a file of the container, which is not here.
    "datasources/influxdb.yaml": renderDataSource(settings).replace(/token: .*/, 'token: "t"'),
  });
}

/** A new volume of each version. */
const fresh = {
  "12.3.0": loadState("12.3.0"),
  "12.4.10": loadState("12.4.10"),
  "13.2.3": loadState("13.2.3"),
};

/** The files of 0.1.0 without contact points. */
const filesOf010 = {
  alerting: {
    policies: [{ receiver: "grafana-default-email", routes: [{ receiver: "grafana-default-email" }] }],
    groups: [groupOf({ uid: "pi-monitoring-memory", title: "Memory is short" }, { folder: "Pi monitoring" })],
  },
  dataSource: { datasources: [{ name: "InfluxDB", uid: "pi-monitoring-influxdb" }] },
};

/** The files of 0.1.0 with a contact point. */
const filesOf010WithContactPoint = {
  ...filesOf010,
  alerting: {
    contactPoints: [{ name: "alerts", receivers: [{ uid: "pi-monitoring-slack" }] }],
    policies: [{ receiver: "alerts", routes: [{ receiver: "grafana-default-email" }] }],
  },
};

describe.each(Object.entries(fresh))("a new volume of Grafana %s", (_version, state) => {
  test("starts with each set of contact points, one after the other", () => {
    const all = { slack: { url }, heartbeat: { url } };
    const changes = [{}, all, { slack: { url } }, { heartbeat: { url } }, { ntfy: { url } }, {}];
    const end = changes.reduce((before, contactPoints) => startWithProgram(before, { contactPoints }), state);
    expect(end.receivers.map(({ name, uids }) => [name, uids])).toEqual([
      [state.policies.receiver, []],
      ["Pi monitoring", ["pi-monitoring-to-nobody"]],
      ["Pi monitoring: heartbeat", ["pi-monitoring-to-no-heartbeat"]],
    ]);
  });

  test("can be declared existing, and new again", () => {
    const end = [{}, { existing }, {}].reduce((before, changes) => startWithProgram(before, changes), state);
    expect(end.dataSources).toEqual([{ name: "Pi monitoring", uid: "pi-monitoring-influxdb" }]);
  });
});

/** A group with one rule, which is named after its UID. */
function groupWith(rule: { readonly uid: string; readonly notification_settings: object }): object {
  return groupOf({ title: rule.uid, ...rule });
}

/** A group with one rule. */
function groupOf(rule: object, group: object = {}): object {
  const complete = { condition: "A", data: [{ refId: "A" }], ...rule };
  return { name: "G", folder: "F", interval: "1m", rules: [complete], ...group };
}

describe("a volume of 0.1.0", () => {
  test.each([
    ["without contact points", filesOf010],
    ["with a contact point", filesOf010WithContactPoint],
  ])("%s starts with the present files", (_what, files) => {
    const end = startWithProgram(start(fresh["12.3.0"], files));
    expect(end.dataSources).toEqual([{ name: "Pi monitoring", uid: "pi-monitoring-influxdb" }]);
    expect(end.policies.receiver).toBe("Pi monitoring");
  });

  test("keeps a contact point that a rule of a user names", () => {
    const used = start(start(fresh["12.3.0"], filesOf010WithContactPoint), {
      alerting: { groups: [groupWith({ uid: "mine", notification_settings: { receiver: "alerts" } })] },
    });
    expect(startWithProgram(used).receivers.map(({ name }) => name)).toContain("alerts");
  });

  test("cannot be made by Grafana 12.4, which does not start with the files of 0.1.0", () => {
    expect(() => start(fresh["12.4.10"], filesOf010)).toThrow(
      "receiver 'grafana-default-email' does not exist",
    );
  });
});

test("an existing volume keeps its policies, contact points and data sources", () => {
  const before = start(fresh["12.4.10"], {
    alerting: {
      contactPoints: [{ name: "alerts", receivers: [{ uid: "users-contact-point" }] }],
      policies: [{ receiver: "alerts", routes: [{ receiver: "alerts" }] }],
    },
    dataSource: { datasources: [{ name: "InfluxDB", uid: "users-data-source", isDefault: true }] },
  });
  const after = startWithProgram(before, { existing, contactPoints: { slack: { url } } });
  expect(after.policies).toEqual(before.policies);
  expect(after.dataSources).toEqual([
    ...before.dataSources,
    { name: "Pi monitoring", uid: "pi-monitoring-influxdb" },
  ]);
  expect(after.receivers).toEqual(expect.arrayContaining(before.receivers));
});

describe("rules of the user's", () => {
  const fileOf = (...rules: readonly object[]): string =>
    stringify({ groups: [groupOf({}, { rules: rules.map((rule) => ({ ...complete, ...rule })) })] });
  const complete = {
    condition: "A",
    data: [
      {
        refId: "A",
        datasourceUid: "pi-monitoring-influxdb",
        relativeTimeRange: { from: 60, to: 0 },
        model: {},
      },
    ],
  };
  const withRules = (...rules: readonly object[]): object => ({
    grafana: { rules: ownFolder(folder, { "mine.yaml": fileOf(...rules) }) },
  });
  const own = ({ rules }: State): object[] =>
    rules.filter(({ folder: place }) => place === "Own alerts").map(({ uid, title }) => ({ uid, title }));
  const [a, b] = [
    { uid: "a", title: "A" },
    { uid: "b", title: "B" },
  ] as const;
  const both = startWithProgram(fresh["12.4.10"], withRules(a, b));

  test("are added beside the program's", () => {
    expect(own(both)).toEqual([a, b]);
    expect(both.rules.length).toBe(startWithProgram(fresh["12.4.10"]).rules.length + 2);
  });

  test("stay where nothing names them, so the program does", () => {
    expect(own(startWithProgram(both, withRules(a)))).toEqual([b, a]);
    expect(own(startWithProgram(both, withRules(a), ["a", "b"]))).toEqual([a]);
  });

  test("are all gone with the setting, and the program's are not", () => {
    const after = startWithProgram(both, {}, ["a", "b"]);
    expect(own(after)).toEqual([]);
    expect(after.rules.map(({ uid }) => uid).sort()).toEqual(
      startWithProgram(fresh["12.4.10"])
        .rules.map(({ uid }) => uid)
        .sort(),
    );
  });

  test("may have the title of one that is removed at the same time, and come back later", () => {
    const renamed = { uid: "c", title: "A" };
    const after = startWithProgram(both, withRules(renamed), ["a", "b"]);
    expect(own(after)).toEqual([renamed]);
    expect(own(startWithProgram(after, withRules(a), ["a", "b", "c"]))).toEqual([a]);
  });

  test("change in their place", () => {
    expect(own(startWithProgram(both, withRules(a, { ...b, title: "Costs $$5" })))).toEqual([
      a,
      { uid: "b", title: "Costs $5" },
    ]);
  });

  test("name the program's contact points on an existing volume", () => {
    const { rules } = startWithProgram(fresh["12.4.10"], { ...withRules(a), existing });
    expect(rules.find(({ uid }) => uid === "a")?.receiver).toBe("Pi monitoring");
  });

  test("of the documents are taken", () => {
    const { rules } = startWithProgram(fresh["12.4.10"], { grafana: { rules: "docs/grafana/rules" } });
    expect(rules.find(({ uid }) => uid === "node-has-restarted")).toMatchObject({
      folder: "Own alerts",
      title: "Node has restarted",
    });
  });
});

describe("Grafana does not start with", () => {
  const state = start(fresh["12.4.10"], {
    alerting: {
      contactPoints: [{ name: "team", receivers: [{ uid: "one" }] }],
      policies: [{ receiver: "team" }],
      groups: [groupWith({ uid: "r", notification_settings: { receiver: "team" } })],
    },
    dataSource: { datasources: [{ name: "A", uid: "a" }] },
  });

  const valid = { uid: "x", title: "X" };

  test("but with a duration in days", () => {
    expect(() =>
      start(fresh["12.4.10"], { alerting: { groups: [groupOf({ ...valid, for: "1d" })] } }),
    ).not.toThrow();
  });

  const alerting: readonly (readonly [string, object, string])[] = [
    ["a group without a name", { groups: [groupOf(valid, { name: "" })] }, "no name set"],
    ["a group without a folder", { groups: [groupOf(valid, { folder: undefined })] }, "no folder set"],
    ["an interval of 15 seconds", { groups: [groupOf(valid, { interval: "15s" })] }, "interval 15s"],
    ["an interval that is none", { groups: [groupOf(valid, { interval: "1" })] }, "interval 1"],
    ["a rule without a UID", { groups: [groupOf({ title: "X" })] }, "no UID set"],
    ["a UID with a blank", { groups: [groupOf({ ...valid, uid: "a b" })] }, "UID 'a b'"],
    ["a rule without a title", { groups: [groupOf({ uid: "x" })] }, "no title set"],
    ["a rule without a query", { groups: [groupOf({ ...valid, data: [] })] }, "no data set"],
    ["a rule without a condition", { groups: [groupOf({ ...valid, condition: "" })] }, "no condition set"],
    ["a duration that is none", { groups: [groupOf({ ...valid, for: "300" })] }, "'for' field"],
    [
      "two rules of one title in a folder",
      { groups: [groupOf(valid), groupOf({ ...valid, uid: "y" }, { name: "H" })] },
      "the title X is in the folder F already",
    ],
    ["a policy for an unknown receiver", { policies: [{ receiver: "gone" }] }, "'gone' does not exist"],
    [
      "a rule for an unknown receiver",
      { groups: [groupWith({ uid: "x", notification_settings: { receiver: "gone" } })] },
      "gone does not exist",
    ],
    [
      "a rule whose grouping lacks the required labels",
      { groups: [groupWith({ uid: "x", notification_settings: { receiver: "team", group_by: ["topic"] } })] },
      "required labels",
    ],
    [
      "a deleted contact point that is the last one of a policy",
      { deleteContactPoints: [{ uid: "one" }] },
      "used by a notification policy",
    ],
    [
      "a deleted contact point that is the last one of a rule",
      { policies: [{ receiver: "empty" }], deleteContactPoints: [{ uid: "one" }] },
      "used by an alert rule",
    ],
  ];

  test.each(alerting)("%s", (_what, content, message) => {
    expect(() => start(state, { alerting: content })).toThrow(message);
  });

  test.each([
    ["a data source whose UID has another name", [{ name: "B", uid: "a" }], "same uid already exists"],
    ["a data source whose name has another UID", [{ name: "A", uid: "b" }], "data source not found"],
    [
      "two data sources that are the default",
      [
        { name: "B", uid: "b", isDefault: true },
        { name: "C", uid: "c", isDefault: true },
      ],
      "Only one datasource",
    ],
  ])("%s", (_what, datasources, message) => {
    expect(() => start(state, { dataSource: { datasources } })).toThrow(message);
  });
});

test.each([
  ["an empty file", ""],
  ["a file of another version", "apiVersion: 2\n"],
])("%s is refused with its path", (_, content) => {
  const path = join(folder, `${Math.random()}`);
  mkdirSync(path);
  writeFileSync(join(path, "rules.yaml"), content);
  expect(() => readFiles(path)).toThrow(`${path}/rules.yaml: apiVersion must be 1`);
});
