import { parse } from "yaml";
import { renderContactPoints, renderRules } from "../../../../../components/alerts/provisioning";
import { dashboardNames, renderDashboard } from "../../../../../components/dashboards/dashboards";
import { renderDashboardProvider } from "../../../../../components/dashboards/provisioning";
import { renderDataSource } from "../../../../../components/server/grafana/grafana";
import type { Settings } from "../../../../../components/settings/settings";
import { allContactPoints } from "../../../../support/allContactPoints";
import { allPresets, exampleSettings } from "../../../../support/exampleSettings";
import { setUpAt } from "../../../../support/recordResources";

// What Grafana demands of provisioned files, and does with them. Where it is not obvious, a comment names the function
// of Grafana's source.

const kinds = allContactPoints("https://example.com");
const existing = { volumes: { grafana: "grafana-storage" } };

/** The contact points of the settings: none, all, and each kind alone. */
const contactPoints: Record<string, object> = {
  none: {},
  all: kinds,
  ...Object.fromEntries(Object.entries(kinds).map(([kind, each]) => [kind, { [kind]: each }])),
};
const cases = Object.entries(contactPoints).flatMap(([which, points]) => [
  {
    on: `a new volume, contact points: ${which}`,
    settings: exampleSettings({ ...allPresets, contactPoints: points }),
  },
  {
    on: `an existing volume, contact points: ${which}`,
    settings: exampleSettings({ ...allPresets, contactPoints: points, existing }),
  },
]);

interface Route {
  readonly receiver: string;
  readonly object_matchers?: readonly (readonly [string, string, string])[];
  readonly routes?: readonly Route[];
}

interface Rule {
  readonly uid: string;
  readonly title: string;
  readonly execErrState: string;
  readonly isPaused: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: object;
  readonly notification_settings?: { readonly receiver: string; readonly group_by: readonly string[] };
}

interface ContactPoint {
  readonly name: string;
  readonly receivers: readonly { readonly uid: string; readonly settings: { readonly url?: string } }[];
}

interface Provisioned {
  readonly folder: string;
  readonly rules: readonly Rule[];
  readonly contactPoints: readonly ContactPoint[];
  readonly deleteContactPoints: readonly { readonly uid: string }[];
  readonly policies?: readonly Route[];
}

function provisioned(settings: Settings): Provisioned {
  const { groups } = parse(renderRules(settings, { telegraf: setUpAt })) as {
    groups: [{ folder: string; rules: Rule[] }];
  };
  return { ...groups[0], ...(parse(renderContactPoints(settings)) as Omit<Provisioned, "folder" | "rules">) };
}

/** The receiver of a rule's alerts, as Grafana finds it: in the rule itself, else by the first policy that matches. */
function receiverOf({ labels, notification_settings: own }: Rule, { policies }: Provisioned): string {
  const [root] = policies ?? [];
  const match = root?.routes?.find(({ object_matchers: matchers = [] }) =>
    matchers.every(([label, operator, value]) => operator === "=" && labels[label] === value),
  );
  // A file without policies leaves those of the volume as they are.
  return own?.receiver ?? match?.receiver ?? root?.receiver ?? "a policy of the volume";
}

/** The UIDs of the contact points that a receiver notifies. */
function contactPointsOf(receiver: string, { contactPoints: points }: Provisioned): string[] {
  const found = points.find(({ name }) => name === receiver);
  return (found?.receivers ?? [])
    .filter(({ settings }) => settings.url !== "grafana://noop")
    .map(({ uid }) => uid);
}

describe.each(cases)("on $on", ({ settings }) => {
  const files = provisioned(settings);
  const set = Object.keys(settings.contactPoints);

  test("every alert goes to a receiver that the contact points' file makes", () => {
    const made = files.contactPoints.filter(({ receivers }) => receivers.length > 0).map(({ name }) => name);
    const named = files.rules.map((rule) => receiverOf(rule, files));
    expect(named.length).toBeGreaterThan(15);
    expect(made).toEqual(expect.arrayContaining([...new Set(named)]));
  });

  test("alerts call the contact points that are set, and only the heartbeat calls the heartbeat", () => {
    const to = (names: readonly string[]): string[] => names.map((name) => `pi-monitoring-to-${name}`).sort();
    for (const rule of files.rules) {
      const expected =
        rule.labels["topic"] === "heartbeat"
          ? set.filter((name) => name === "heartbeat")
          : set.filter((name) => name !== "heartbeat");
      expect({ rule: rule.uid, calls: contactPointsOf(receiverOf(rule, files), files).sort() }).toEqual({
        rule: rule.uid,
        calls: to(expected),
      });
    }
  });

  test("when the database fails, only the heartbeat rule counts as healthy, and only pipeline-silent fires", () => {
    const withState = (state: string): string[] =>
      files.rules.filter(({ execErrState }) => execErrState === state).map(({ uid }) => uid);
    expect(withState("OK")).toEqual(["pi-monitoring-heartbeat"]);
    expect(withState("Alerting")).toEqual(["pi-monitoring-pipeline-silent"]);
  });

  test("the heartbeat rule is paused unless a heartbeat is set", () => {
    const heartbeat = files.rules.find(({ uid }) => uid === "pi-monitoring-heartbeat");
    expect(heartbeat?.isPaused).toBe(!set.includes("heartbeat"));
  });

  test("policies are written for a new volume only: those of an existing one are its users'", () => {
    const isNew = settings.existing.volumes.grafana === undefined;
    expect(files.policies?.length).toBe(isNew ? 1 : undefined);
    for (const { notification_settings: own } of files.rules) {
      // NotificationSettings.Validate takes no grouping without these labels.
      expect(own?.group_by).toEqual(isNew ? undefined : ["grafana_folder", "alertname"]);
    }
  });

  test("no contact point is both made and deleted, and every UID is unique and begins with pi-monitoring-", () => {
    const made = files.contactPoints.flatMap(({ receivers }) => receivers.map(({ uid }) => uid));
    const deleted = files.deleteContactPoints.map(({ uid }) => uid);
    expect(made.filter((uid) => deleted.includes(uid))).toEqual([]);
    const uids = [...made, ...deleted, ...files.rules.map(({ uid }) => uid)];
    expect(new Set(uids).size).toBe(uids.length);
    // util.IsShortUIDTooLong
    expect(uids.filter((uid) => !/^pi-monitoring-[a-z-]+$/.test(uid) || uid.length > 40)).toEqual([]);
    expect(files.contactPoints.map(({ name }) => name)).toEqual([
      "Pi monitoring",
      "Pi monitoring: heartbeat",
    ]);
  });

  test("there is no `$` where one version of Grafana expands it and another does not", () => {
    const annotations = files.rules.map((rule) => rule.annotations);
    expect(JSON.stringify([files.contactPoints, files.policies, annotations])).not.toContain("$");
  });
});

describe("data sources", () => {
  const dataSources = (changes: object) =>
    parse(renderDataSource(exampleSettings(changes))) as {
      deleteDatasources?: object[];
      datasources: [{ name: string; uid: string; isDefault: boolean; jsonData: { maxSeries: number } }];
    };
  const onNewVolume = dataSources({});
  const onExistingVolume = dataSources({ existing });

  test("have the same name and UID on every volume, and are the default of a new one only", () => {
    const identity = { name: "Pi monitoring", uid: "pi-monitoring-influxdb" };
    expect(onNewVolume.datasources).toMatchObject([{ ...identity, isDefault: true }]);
    expect(onExistingVolume.datasources).toMatchObject([{ ...identity, isDefault: false }]);
  });

  test("replace InfluxDB, the name that 0.1.0 gave, and delete nothing of an existing volume", () => {
    expect(onNewVolume.deleteDatasources).toEqual([{ name: "InfluxDB", orgId: 1 }]);
    expect(onExistingVolume.deleteDatasources).toBeUndefined();
  });

  test("give a rule of the largest fleet all its series", () => {
    // 1,000 nodes with three conditions each; Grafana's own limit is 1,000.
    expect(onNewVolume.datasources[0].jsonData.maxSeries).toBeGreaterThan(3000);
  });
});

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly options?: {
    readonly legend?: object;
    readonly sortBy?: readonly { readonly displayName: string; readonly desc: boolean }[];
  };
  readonly transformations?: readonly {
    readonly id: string;
    readonly options: { readonly indexByName: object };
  }[];
  readonly fieldConfig: {
    readonly overrides: readonly {
      readonly matcher: { readonly options: string };
      readonly properties: readonly { readonly id: string; readonly value: unknown }[];
    }[];
  };
}

const withPresets = exampleSettings(allPresets);

describe.each(dashboardNames(withPresets))("the dashboard %s", (name) => {
  const built = JSON.parse(renderDashboard(name, withPresets, { telegraf: setUpAt })) as {
    links: object[];
    panels: Panel[];
  };

  test("has links without a placement, as Grafana would hide those with one", () => {
    expect(built.links).toHaveLength(1);
    expect(Object.keys(built.links[0] ?? {})).not.toContain("placement");
  });

  test("numbers its panels from 1", () => {
    expect(built.panels.map(({ id }) => id)).toEqual(built.panels.map((_, index) => index + 1));
  });

  test("has a legend below each graph", () => {
    const legends = built.panels
      .filter(({ type }) => type === "timeseries")
      .map(({ options }) => options?.legend);
    expect(legends.length).toBeGreaterThan(0);
    for (const legend of legends) {
      expect(legend).toMatchObject({ showLegend: true, displayMode: "list", placement: "bottom" });
    }
  });

  test("orders the columns of a table as their overrides are ordered", () => {
    for (const { fieldConfig, transformations = [] } of built.panels.filter(({ type }) => type === "table")) {
      expect(transformations.map(({ id }) => id)).toEqual(["organize"]);
      expect(Object.keys(transformations[0]?.options.indexByName ?? {})).toEqual(
        fieldConfig.overrides.map(({ matcher }) => matcher.options),
      );
    }
  });

  test("gives each column of a table a different display name, as Grafana stores values under it, and sorts by these names", () => {
    for (const { title, fieldConfig, options } of built.panels.filter(({ type }) => type === "table")) {
      const names = fieldConfig.overrides.map(
        ({ properties }) => properties.find(({ id }) => id === "displayName")?.value,
      );
      expect({ title, names }).toEqual({ title, names: [...new Set(names)] });
      const sorted = options?.sortBy ?? [];
      expect(names).toEqual(expect.arrayContaining(sorted.map(({ displayName }) => displayName)));
      expect(sorted.length).toBeGreaterThan(0);
      if (names.includes("node")) {
        expect(sorted.at(-1)).toMatchObject({ displayName: "node", desc: false });
      }
    }
  });
});

test("rules and dashboards are in folders with different names", () => {
  // Grafana 13 makes the folders of both at the same time, and finds each by its name.
  const { providers } = parse(renderDashboardProvider(exampleSettings())) as {
    providers: { folder: string }[];
  };
  expect(providers.map(({ folder }) => folder)).not.toContain(provisioned(exampleSettings()).folder);
});

test("no released rule is dropped: Grafana keeps evaluating a rule that is missing from the file", () => {
  // To remove a rule, the file must name it in `deleteRules`.
  expect(provisioned(exampleSettings()).rules.map(({ uid }) => uid.replace("pi-monitoring-", ""))).toEqual(
    expect.arrayContaining([
      "node-silent",
      "remote-write-stalled",
      "temperature",
      "under-voltage",
      "throttled",
      "sensors-stale",
      "read-only",
      "disk-full",
      "memory",
      "load",
      "clock-off",
      "pipeline-drops",
      "pipeline-silent",
      "certificate",
      "backup-old",
      "credential-due",
      "server-disk-full",
      "alert-test",
      "heartbeat",
    ]),
  );
});
