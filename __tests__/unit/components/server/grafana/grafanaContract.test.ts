import { parse } from "yaml";
import { renderContactPoints, renderRules } from "../../../../../components/alerts/provisioning";
import { dashboardNames, renderDashboard } from "../../../../../components/dashboards/dashboards";
import { renderDashboardProvider } from "../../../../../components/dashboards/provisioning";
import { renderDataSource } from "../../../../../components/server/grafana/grafana";
import type { Settings } from "../../../../../components/settings/settings";
import { defaultImages } from "../../../../../components/settings/schema";
import { allContactPoints } from "../../../../support/allContactPoints";
import { makeCertificate } from "../../../../support/certificate";
import { exampleSettings } from "../../../../support/exampleSettings";
import { containerType, find, recordServer } from "../../../../support/recordServer";
import { temporaryFolder } from "../../../../support/temporaryFolder";

// What Grafana's source demands of provisioned files, and does with them. Where it is not obvious, the function is named.

const kinds = allContactPoints("https://example.com/");
const folder = temporaryFolder();
const adopted = { existing: { volumes: { grafana: "grafana-storage" } } };

const contactPoints: Record<string, object> = {
  none: {},
  all: kinds,
  ...Object.fromEntries(Object.entries(kinds).map(([kind, each]) => [kind, { [kind]: each }])),
};
const cases = Object.entries(contactPoints).flatMap(([who, points]) => [
  { on: `an own volume, ${who}`, settings: exampleSettings({ contactPoints: points }) },
  { on: `an existing volume, ${who}`, settings: exampleSettings({ contactPoints: points, ...adopted }) },
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
  const { groups } = parse(renderRules(settings, { telegraf: "2026-01-02T03:04:05Z" })) as {
    groups: [{ folder: string; rules: Rule[] }];
  };
  return { ...groups[0], ...(parse(renderContactPoints(settings)) as Omit<Provisioned, "folder" | "rules">) };
}

/** Where the alerts of a rule go, as Grafana walks: by the rule's own settings, else by the first route that matches. */
function receiverOf({ labels, notification_settings: own }: Rule, { policies }: Provisioned): string {
  const [root] = policies ?? [];
  const match = root?.routes?.find(({ object_matchers: matchers = [] }) =>
    matchers.every(([label, operator, value]) => operator === "=" && labels[label] === value),
  );
  // Without a tree of ours, it is the existing one.
  return own?.receiver ?? match?.receiver ?? root?.receiver ?? "a policy that is not ours";
}

/** What a receiver calls in the end. */
function calls(receiver: string, { contactPoints: points }: Provisioned): string[] {
  const found = points.find(({ name }) => name === receiver);
  return (found?.receivers ?? [])
    .filter(({ settings }) => settings.url !== "grafana://noop")
    .map(({ uid }) => uid);
}

describe.each(cases)("on $on", ({ settings }) => {
  const files = provisioned(settings);
  const set = Object.keys(settings.contactPoints);

  test("every alert goes to a receiver that the same file makes", () => {
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
      expect({ rule: rule.uid, calls: calls(receiverOf(rule, files), files).sort() }).toEqual({
        rule: rule.uid,
        calls: to(expected),
      });
    }
  });

  test("the heartbeat is the only rule that ends with its database, and is paused where it is not expected", () => {
    const ending = files.rules.filter(({ execErrState }) => execErrState === "OK");
    expect(ending.map(({ uid, isPaused }) => ({ uid, isPaused }))).toEqual([
      { uid: "pi-monitoring-heartbeat", isPaused: !set.includes("heartbeat") },
    ]);
    const alarming = files.rules.filter(({ execErrState }) => execErrState === "Alerting");
    expect(alarming.map(({ uid }) => uid)).toEqual(["pi-monitoring-pipeline-silent"]);
  });

  test("policies are written only where they are ours", () => {
    const isOwn = settings.existing.volumes.grafana === undefined;
    expect(files.policies?.length).toBe(isOwn ? 1 : undefined);
    for (const { notification_settings: own } of files.rules) {
      // NotificationSettings.Validate takes no others.
      expect(own?.group_by).toEqual(isOwn ? undefined : ["grafana_folder", "alertname"]);
    }
  });

  test("nothing is deleted that is made, and names and UIDs are its own", () => {
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

  test("no `$` stands where one version of Grafana expands it and another does not", () => {
    const annotations = files.rules.map((rule) => rule.annotations);
    expect(JSON.stringify([files.contactPoints, files.policies, annotations])).not.toContain("$");
  });
});

describe("data sources", () => {
  const [own, existing] = [{}, { volumes: { grafana: "grafana-storage" } }].map(
    (volumes) =>
      parse(renderDataSource(exampleSettings({ existing: volumes }))) as {
        deleteDatasources?: object[];
        datasources: [{ name: string; uid: string; isDefault: boolean; jsonData: { maxSeries: number } }];
      },
  );

  test("have one name with their UID on every volume", () => {
    const names = [own, existing].map((each) => {
      const { name, uid, isDefault } = each?.datasources[0] ?? {};
      return { name, uid, isDefault };
    });
    const name = { name: "Pi monitoring", uid: "pi-monitoring-influxdb" };
    expect(names).toEqual([
      { ...name, isDefault: true },
      { ...name, isDefault: false },
    ]);
  });

  test("are deleted only where they were ours", () => {
    expect(own?.deleteDatasources).toEqual([{ name: "InfluxDB", orgId: 1 }]);
    expect(existing?.deleteDatasources).toBeUndefined();
  });

  test("give a rule of the largest fleet all its series", () => {
    // 1,000 nodes with three conditions each; Grafana's own limit is 1,000.
    expect(own?.datasources[0].jsonData.maxSeries).toBeGreaterThan(3000);
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

describe.each(dashboardNames)("the dashboard %s", (name) => {
  const built = JSON.parse(
    renderDashboard(name, exampleSettings(), { telegraf: "2026-01-02T03:04:05Z" }),
  ) as {
    links: object[];
    panels: Panel[];
  };

  test("shows its links, which a placement would hide", () => {
    expect(built.links).toHaveLength(1);
    expect(Object.keys(built.links[0] ?? {})).not.toContain("placement");
  });

  test("has panels with an id each", () => {
    expect(built.panels.map(({ id }) => id)).toEqual(built.panels.map((_, index) => index + 1));
  });

  test("names its lines", () => {
    const legends = built.panels
      .filter(({ type }) => type === "timeseries")
      .map(({ options }) => options?.legend);
    expect(legends.length).toBeGreaterThan(0);
    for (const legend of legends) {
      expect(legend).toMatchObject({ showLegend: true, displayMode: "list", placement: "bottom" });
    }
  });

  test("has the columns of its tables in one order", () => {
    for (const { fieldConfig, transformations = [] } of built.panels.filter(({ type }) => type === "table")) {
      expect(transformations.map(({ id }) => id)).toEqual(["organize"]);
      expect(Object.keys(transformations[0]?.options.indexByName ?? {})).toEqual(
        fieldConfig.overrides.map(({ matcher }) => matcher.options),
      );
    }
  });

  test("calls each column of a table by another name, as Grafana keeps values by it, and sorts by such names", () => {
    for (const { title, fieldConfig, options } of built.panels.filter(({ type }) => type === "table")) {
      const names = fieldConfig.overrides.map(
        ({ properties }) => properties.find(({ id }) => id === "displayName")?.value,
      );
      expect({ title, names }).toEqual({ title, names: [...new Set(names)] });
      const sorted = options?.sortBy ?? [];
      expect(names).toEqual(expect.arrayContaining(sorted.map(({ displayName }) => displayName)));
      expect(sorted.at(-1)).toMatchObject({ displayName: "node", desc: false });
    }
  });
});

test("rules and dashboards are in folders with different names", () => {
  // Both are made at once from Grafana 13 on, each by its name.
  const { providers } = parse(renderDashboardProvider()) as { providers: { folder: string }[] };
  expect(providers.map(({ folder }) => folder)).not.toContain(provisioned(exampleSettings()).folder);
});

test("a rule of a release stays, as Grafana would go on with one that no file has", () => {
  // A rule that goes needs `deleteRules`.
  expect(provisioned(exampleSettings()).rules.map(({ uid }) => uid.replace("pi-monitoring-", ""))).toEqual(
    expect.arrayContaining([
      ...[
        "node-silent",
        "remote-write-stalled",
        "temperature",
        "under-voltage",
        "throttled",
        "sensors-stale",
      ],
      ...["read-only", "disk-full", "memory", "load", "clock-off", "pipeline-drops", "pipeline-silent"],
      ...["certificate", "backup-old", "credential-due", "server-disk-full", "alert-test", "heartbeat"],
    ]),
  );
});

test("secrets are named by files in the environment, which Grafana does not expand again", async () => {
  const resources = await recordServer({ contactPoints: kinds });
  const envs = (find(resources, containerType, "server-grafana").inputs as { envs: string[] }).envs;
  expect(envs.filter((env) => /PASSWORD/.test(env))).toEqual([
    "GF_SECURITY_ADMIN_PASSWORD=$__file{/proc/sys/kernel/random/uuid}",
    "GF_SMTP_PASSWORD=$__file{/etc/grafana/secrets/smtp-password}",
  ]);
  // Only the entry point of some images knows these.
  expect(envs.filter((env) => env.includes("__FILE="))).toEqual([]);
  expect(JSON.stringify(envs)).not.toContain("CRET");
});

test("a mail server hears a full host name, and may have a certificate of its own", async () => {
  const { certificate: ca } = makeCertificate(folder, "mail.example.com");
  const names = { grafana: "pi.example.org" };
  const resources = await recordServer({ names, contactPoints: { email: { ...kinds.email, ca } } });
  const { envs, uploads } = find(resources, containerType, "server-grafana").inputs as {
    envs: string[];
    uploads: { file: string; content: unknown }[];
  };
  expect(envs).toContain("GF_SMTP_EHLO_IDENTITY=pi.example.org");
  // Beside the file of known authorities, which Go reads first.
  expect(envs).toContain("SSL_CERT_DIR=/etc/ssl/certs:/etc/grafana/authorities");
  expect(uploads).toContainEqual({ file: "/etc/grafana/authorities/mail-server.pem", content: ca });
});

test("without a certificate of its own, a mail server's is checked by known authorities", async () => {
  const resources = await recordServer({ contactPoints: kinds });
  const { envs } = find(resources, containerType, "server-grafana").inputs as { envs: string[] };
  expect(envs).toContain("GF_SMTP_EHLO_IDENTITY=grafana.example.com");
  expect(envs.filter((env) => /CERT|SKIP_VERIFY/.test(env))).toEqual([]);
});

test.each(["pi$HOME", "pi%(x)s", "${x}"])(
  "the user %s of a mail server is refused, as Grafana expands it",
  (user) => {
    expect(() => exampleSettings({ contactPoints: { email: { ...kinds.email, user } } })).toThrow(
      "contactPoints.email.user",
    );
  },
);

test.each([
  "grafana/grafana:12.4.10-slim",
  "grafana/grafana:13.2.3-distroless",
  "grafana/grafana:12.4.10-slim-ubuntu",
])("the image %s is refused, as it lacks what is needed", (grafana) => {
  expect(() => exampleSettings({ images: { grafana } })).toThrow("must be a full image");
});

test("the image is of the last minor version of Grafana 12, and a full one", () => {
  expect(defaultImages.grafana).toMatch(/^grafana\/grafana:12\.4\.[0-9]+$/);
});
