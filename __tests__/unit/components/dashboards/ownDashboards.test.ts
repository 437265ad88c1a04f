import { mistakesInDashboards } from "../../../../components/dashboards/ownDashboards";
import { exampleSettings } from "../../../support/exampleSettings";
import { ownFolder } from "../../../support/ownFolder";
import { temporaryFolder } from "../../../support/temporaryFolder";

const folder = temporaryFolder();
const existing = { volumes: { grafana: "grafana-storage" } };

function mistakesIn(files: Readonly<Record<string, unknown>>, changes: object = {}): string[] {
  const texts = Object.entries(files).map(([name, content]) => [
    name,
    typeof content === "string" ? content : JSON.stringify(content),
  ]);
  const dashboards = ownFolder(folder, Object.fromEntries(texts) as Record<string, string>);
  return mistakesInDashboards(exampleSettings({ grafana: { dashboards }, ...changes }));
}

const panel = { type: "gauge", datasource: { type: "influxdb", uid: "pi-monitoring-influxdb" } };
const right = { uid: "mine", title: "Mine", panels: [panel] };
const withSource = (datasource: unknown): object => ({ ...right, panels: [{ ...panel, datasource }] });
const about = (message: string): string => `pi-monitoring:grafana.dashboards: the file "a.json": ${message}`;
const again =
  "in Grafana, choose Export, Export as code, the model Classic, and leave Share dashboard with another instance off";

test("what Grafana exports is right, with its id, version and fields of every kind", () => {
  const exported = {
    ...right,
    id: 17,
    version: 4,
    schemaVersion: 42,
    preload: false,
    annotations: {
      list: [{ builtIn: 1, datasource: { type: "grafana", uid: "-- Grafana --" }, name: "Annotations" }],
    },
    templating: {
      list: [
        { name: "source", type: "datasource", query: "influxdb" },
        { name: "node", type: "query", datasource: { type: "influxdb", uid: "${source}" } },
      ],
    },
    panels: [
      panel,
      { type: "row", panels: [{ type: "text", datasource: null }] },
      { type: "stat", datasource: "-- Mixed --", targets: [{ datasource: { uid: "$source" } }] },
      { type: "stat", datasource: { type: "influxdb" }, targets: [{ datasource: "Pi monitoring" }] },
    ],
  };
  expect(mistakesIn({ "a.json": exported })).toEqual([]);
});

describe("refused is", () => {
  test.each<readonly [string, unknown, string | RegExp]>([
    ["what is no JSON", "{", /^pi-monitoring:grafana.dashboards: the file "a.json": must be JSON: /],
    ["an empty file", "", /must be JSON: /],
    ["a list", [right], about("must be a dashboard: a JSON object")],
    ["nothing", null, about("must be a dashboard: a JSON object")],
    [
      "a resource of V2",
      { apiVersion: "dashboard.grafana.app/v2", kind: "Dashboard", spec: {} },
      about(`is of the model V1 Resource or V2 Resource; ${again}`),
    ],
    [
      "the content of a resource of V2",
      { title: "Mine", elements: {}, layout: {} },
      about(`is of the model V1 Resource or V2 Resource; ${again}`),
    ],
    [
      "an export for another Grafana",
      { ...right, __inputs: [] },
      about(`is exported for another Grafana, which is asked for its data sources; ${again}`),
    ],
    [
      "an answer of the API",
      { meta: {}, dashboard: right },
      about(`is an answer of Grafana's API; ${again}`),
    ],
    [
      "a dashboard without a UID",
      { ...right, uid: undefined },
      about("uid is missing: must be a text of up to 40 letters, digits, hyphens and underscores"),
    ],
    [
      "a UID that is null, as where it is to be made",
      { ...right, uid: null },
      about("uid = null: must be a text of up to 40 letters, digits, hyphens and underscores"),
    ],
    [
      "a UID that Grafana does not take",
      { ...right, uid: "a b" },
      about('uid = "a b": must be a text of up to 40 letters, digits, hyphens and underscores'),
    ],
    [
      "a UID like the program's",
      { ...right, uid: "pi-monitoring-cluster" },
      about('uid = "pi-monitoring-cluster": must not begin with pi-monitoring-, as those of the program do'),
    ],
    ["no title", { ...right, title: " " }, about('title = " ": must not be empty')],
    [
      "the title of the folder",
      { ...right, title: "Own dashboards" },
      about('title = "Own dashboards": must be unique; the folder has the same'),
    ],
    [
      "a dashboard of rows, as before Grafana 5",
      { ...right, panels: undefined, rows: [] },
      about("panels is missing: must be a list of panels"),
    ],
    [
      "a panel without a type",
      { ...right, panels: [{ title: "x" }] },
      about("panels[0].type is missing: must be the type of a panel"),
    ],
  ])("%s", (_, content, message) => {
    expect(mistakesIn({ "a.json": content })).toEqual([
      typeof message === "string" ? message : expect.stringMatching(message),
    ]);
  });

  test("but not the title of a dashboard of the program, which is in another folder", () => {
    expect(mistakesIn({ "a.json": { ...right, title: "Cluster" } })).toEqual([]);
  });

  test("a second file with a UID or a title, wherever the first one is", () => {
    expect(mistakesIn({ "a.json": right, "b.json": right, "c.json": { ...right, uid: "other" } })).toEqual([
      'pi-monitoring:grafana.dashboards: the file "b.json": uid = "mine": must be unique; the file "a.json" has the same',
      'pi-monitoring:grafana.dashboards: the file "b.json": title = "Mine": must be unique; the file "a.json" has the same',
      'pi-monitoring:grafana.dashboards: the file "c.json": title = "Mine": must be unique; the file "a.json" has the same',
    ]);
  });

  test("all that is wrong in all files, at once", () => {
    expect(
      mistakesIn({ "a.json": { uid: "a b", title: "A", panels: {} }, "b.json": "x", "c.json": right }),
    ).toHaveLength(3);
  });
});

describe("a data source", () => {
  const unknown = { type: "loki", uid: "loki" };

  test("that is not there is refused at any depth", () => {
    const rows = {
      ...right,
      panels: [{ type: "row", panels: [{ ...panel, targets: [{ datasource: unknown }] }] }],
    };
    expect(mistakesIn({ "a.json": rows })).toEqual([
      about(
        'panels[0].panels[0].targets[0].datasource = {"type":"loki","uid":"loki"}: must be a data source that is there: pi-monitoring-influxdb, or one that is built into Grafana',
      ),
    ]);
    expect(mistakesIn({ "a.json": withSource("Loki") })).toHaveLength(1);
  });

  test("of an existing volume may be its owner's", () => {
    expect(mistakesIn({ "a.json": withSource(unknown) }, { existing })).toEqual([]);
  });

  test.each(["$source", "${DS_PROMETHEUS}"])(
    "%s must be a variable of the dashboard on any volume",
    (uid) => {
      const message = about(
        `panels[0].datasource = {"uid":"${uid}"}: must be a variable of the dashboard; ${again}`,
      );
      expect(mistakesIn({ "a.json": withSource({ uid }) })).toEqual([message]);
      expect(mistakesIn({ "a.json": withSource({ uid }) }, { existing })).toEqual([message]);
    },
  );
});
