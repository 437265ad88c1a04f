import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
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
import { temporaryFolder } from "../../../../../support/temporaryFolder";

const folder = temporaryFolder();
const url = "https://example.com/";
const adopted = { existing: { volumes: { grafana: "grafana-storage" } } };

/** What a volume has, as a file would keep it. */
const copy = (state: State): State => structuredClone(state);

/** Starts what plays Grafana on a volume, with these files. */
function start(
  state: State,
  files: { readonly alerting?: readonly object[]; readonly dataSource?: object },
): State {
  const path = join(folder, `${Math.random()}`);
  for (const [name, contents] of Object.entries({
    alerting: files.alerting ?? [],
    datasources: [files.dataSource],
  })) {
    mkdirSync(join(path, name), { recursive: true });
    contents.forEach((content, index) => {
      if (content !== undefined) {
        writeFileSync(join(path, name, `${index}.yaml`), stringify({ apiVersion: 1, ...content }));
      }
    });
  }
  const after = copy(state);
  provisionDataSources(join(path, "datasources"), after);
  provisionAlerting(join(path, "alerting"), after);
  return after;
}

/** Starts it with the files of the program. */
function startWith(state: State, changes: object = {}): State {
  const settings = exampleSettings(changes);
  const path = join(folder, `${Math.random()}`);
  const write = (name: string, content: string): void => {
    mkdirSync(join(path, name, ".."), { recursive: true });
    writeFileSync(join(path, name), content);
  };
  write("alerting/rules.yaml", renderRules(settings, {}));
  write("alerting/contact-points.yaml", renderContactPoints(settings));
  // Its token is a file of the container.
  const dataSource = renderDataSource(settings);
  write("datasources/influxdb.yaml", dataSource.replace(/token: .*/, 'token: "t"'));
  const after = copy(state);
  provisionDataSources(join(path, "datasources"), after);
  provisionAlerting(join(path, "alerting"), after);
  return after;
}

const fresh = {
  "12.3.0": loadState("12.3.0"),
  "12.4.10": loadState("12.4.10"),
  "13.2.3": loadState("13.2.3"),
};

/** What 0.1.0 wrote without a contact point. */
const first = {
  alerting: [
    {
      policies: [{ receiver: "grafana-default-email", routes: [{ receiver: "grafana-default-email" }] }],
      groups: [
        { folder: "Pi monitoring", rules: [{ uid: "pi-monitoring-memory", title: "Memory is short" }] },
      ],
    },
  ],
  dataSource: { datasources: [{ name: "InfluxDB", uid: "pi-monitoring-influxdb" }] },
};
/** The same with contact points. */
const firstWithAlerts = {
  ...first,
  alerting: [
    {
      contactPoints: [{ name: "alerts", receivers: [{ uid: "pi-monitoring-slack" }] }],
      policies: [{ receiver: "alerts", routes: [{ receiver: "grafana-default-email" }] }],
    },
  ],
};

describe.each(Object.entries(fresh))("a new volume of Grafana %s", (_version, state) => {
  test("starts with any contact points, and when they change", () => {
    const all = { slack: { url }, heartbeat: { url } };
    const changes = [{}, all, { slack: { url } }, { heartbeat: { url } }, { ntfy: { url } }, {}];
    const end = changes.reduce((before, contactPoints) => startWith(before, { contactPoints }), state);
    expect(end.receivers.map(({ name, uids }) => [name, uids])).toEqual([
      [state.policies.receiver, []],
      ["Pi monitoring", ["pi-monitoring-to-nobody"]],
      ["Pi monitoring: heartbeat", ["pi-monitoring-to-no-heartbeat"]],
    ]);
  });

  test("becomes an existing one, and the program's again", () => {
    const end = [{}, adopted, {}].reduce(startWith, state);
    expect(end.dataSources).toEqual([{ name: "Pi monitoring", uid: "pi-monitoring-influxdb" }]);
  });
});

describe("a volume of 0.1.0", () => {
  test.each([
    ["without contact points", first],
    ["with contact points", firstWithAlerts],
  ])("%s starts with the present files", (_what, files) => {
    const end = startWith(start(fresh["12.3.0"], files));
    expect(end.dataSources).toEqual([{ name: "Pi monitoring", uid: "pi-monitoring-influxdb" }]);
    expect(end.policies.receiver).toBe("Pi monitoring");
  });

  test("keeps a contact point that a rule of a user names", () => {
    const used = start(start(fresh["12.3.0"], firstWithAlerts), {
      alerting: [
        {
          groups: [
            {
              folder: "Mine",
              rules: [{ uid: "mine", title: "Mine", notification_settings: { receiver: "alerts" } }],
            },
          ],
        },
      ],
    });
    expect(startWith(used).receivers.map(({ name }) => name)).toContain("alerts");
  });

  test("could not begin on Grafana 12.4, as the real one could not", () => {
    expect(() => start(fresh["12.4.10"], first)).toThrow("receiver 'grafana-default-email' does not exist");
  });
});

test("an existing volume keeps its policies, contact points and data sources", () => {
  const his = {
    alerting: [
      {
        contactPoints: [{ name: "alerts", receivers: [{ uid: "his" }] }],
        policies: [{ receiver: "alerts", routes: [{ receiver: "alerts" }] }],
      },
    ],
    dataSource: { datasources: [{ name: "InfluxDB", uid: "his-own", isDefault: true }] },
  };
  const before = start(fresh["12.4.10"], his);
  const after = startWith(before, { ...adopted, contactPoints: { slack: { url } } });
  expect(after.policies).toEqual(before.policies);
  expect(after.dataSources).toEqual([
    ...before.dataSources,
    { name: "Pi monitoring", uid: "pi-monitoring-influxdb" },
  ]);
  expect(after.receivers).toEqual(expect.arrayContaining(before.receivers));
});

describe("what Grafana does not start with", () => {
  const state = start(fresh["12.4.10"], firstWithTree());

  function firstWithTree(): object {
    return {
      alerting: [
        {
          contactPoints: [{ name: "team", receivers: [{ uid: "one" }] }],
          policies: [{ receiver: "team" }],
          groups: [
            { folder: "F", rules: [{ uid: "r", title: "R", notification_settings: { receiver: "team" } }] },
          ],
        },
      ],
      dataSource: { datasources: [{ name: "A", uid: "a" }] },
    };
  }

  test.each([
    [
      "a policy for an unknown receiver",
      { alerting: [{ policies: [{ receiver: "gone" }] }] },
      "'gone' does not exist",
    ],
    [
      "a rule for an unknown receiver",
      {
        alerting: [
          {
            groups: [
              { folder: "F", rules: [{ uid: "x", title: "X", notification_settings: { receiver: "gone" } }] },
            ],
          },
        ],
      },
      "gone does not exist",
    ],
    [
      "a rule with a grouping of its own",
      {
        alerting: [
          {
            groups: [
              {
                folder: "F",
                rules: [
                  { uid: "x", title: "X", notification_settings: { receiver: "team", group_by: ["topic"] } },
                ],
              },
            ],
          },
        ],
      },
      "required labels",
    ],
    [
      "the last contact point of a policy that is deleted",
      { alerting: [{ deleteContactPoints: [{ uid: "one" }] }] },
      "used by a notification policy",
    ],
    [
      "the last contact point of a rule that is deleted",
      { alerting: [{ policies: [{ receiver: "empty" }], deleteContactPoints: [{ uid: "one" }] }] },
      "used by an alert rule",
    ],
    [
      "a data source whose uid has another name",
      { dataSource: { datasources: [{ name: "B", uid: "a" }] } },
      "same uid already exists",
    ],
    [
      "a data source whose name has another uid",
      { dataSource: { datasources: [{ name: "A", uid: "b" }] } },
      "data source not found",
    ],
    [
      "two data sources that are the default",
      {
        dataSource: {
          datasources: [
            { name: "B", uid: "b", isDefault: true },
            { name: "C", uid: "c", isDefault: true },
          ],
        },
      },
      "Only one datasource",
    ],
  ])("%s", (_what, files, message) => {
    expect(() => start(state, files)).toThrow(message);
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
