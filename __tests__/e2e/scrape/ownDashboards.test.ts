// Runs only when it is named, see scripts/tools/suites.ts.
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { Stack } from "../../../scripts/stack/stack";
import { run } from "../../support/commands";
import { eventually } from "../../support/eventually";
import { projectRoot } from "../../support/projectRoot";
import { temporaryFolder } from "../../support/temporaryFolder";
import { askGrafana } from "../support/grafana";
import { docker } from "../support/machines";
import { deploy, expectHealthy, pulumi, pulumiOrFail, startRehearsal } from "../support/rehearsal";
import { changeSetting } from "../support/settingsFile";

const folder = temporaryFolder();

interface RuleFile {
  readonly groups: readonly [{ readonly name: string; readonly rules: readonly [object] }];
}

/** What Grafana has of the program and of the user. */
interface Content {
  readonly dashboards: readonly string[];
  readonly ownDashboards: readonly string[];
  readonly rules: readonly string[];
  readonly ownRules: readonly string[];
}

let stack: Stack;
let dashboard: object;
let ruleFile: RuleFile;
/** What Grafana has without a setting of this suite. */
let before: Content;

/** Dashboards as `UID: title`, and rules as `UID: group/title`. */
async function grafanaContent(): Promise<Content> {
  const { grafanaAdminPassword } = await stack.outputs();
  const dashboards = await askGrafana<{ uid: string; title: string; folderTitle: string }[]>(
    grafanaAdminPassword,
    "search?type=dash-db",
  );
  const rules = await askGrafana<{ uid: string; title: string; ruleGroup: string }[]>(
    grafanaAdminPassword,
    "v1/provisioning/alert-rules",
  );
  const namesOf = (isOwn: boolean): string[] =>
    dashboards
      .filter(({ folderTitle }) => (folderTitle === "Own dashboards") === isOwn)
      .map(({ uid, title }) => `${uid}: ${title}`)
      .sort();
  const rulesOf = (isOwn: boolean): string[] =>
    rules
      .filter(({ uid }) => !uid.startsWith("pi-monitoring-") === isOwn)
      .map(({ uid, title, ruleGroup }) => `${uid}: ${ruleGroup}/${title}`)
      .sort();
  return {
    dashboards: namesOf(false),
    ownDashboards: namesOf(true),
    rules: rulesOf(false),
    ownRules: rulesOf(true),
  };
}

/** Grafana may need some seconds for the files of dashboards. */
async function expectContent(expected: Partial<Content>): Promise<void> {
  await eventually("what Grafana has", 30, async () => {
    expect(await grafanaContent()).toEqual({ ...before, ...expected });
  });
}

async function writeDashboard(name: string, changes: object): Promise<void> {
  await writeFile(join(folder, "dashboards", name), JSON.stringify({ ...dashboard, ...changes }));
}

/** A file with one rule, in a group that has the name of the file. */
async function writeRule(name: string, changes: object, more: object = {}): Promise<void> {
  const [group] = ruleFile.groups;
  const [rule] = group.rules;
  const groups = [{ ...group, name, rules: [{ ...rule, ...changes }] }];
  await writeFile(join(folder, "rules", name), stringify({ apiVersion: 1, groups, ...more }));
}

async function remove(...paths: readonly string[]): Promise<void> {
  await Promise.all(paths.map((path) => rm(join(folder, path))));
}

/** The resources in the state with what they are made of, and when each has changed. */
async function resourcesInState(): Promise<object[]> {
  const { resources } = await stack.load();
  return resources.map(({ urn, id, inputs, outputs, modified }) => ({ urn, id, inputs, outputs, modified }));
}

async function grafanaContainer(): Promise<string> {
  return docker("inspect", "grafana", "--format", "{{.Id}} {{.State.StartedAt}}");
}

beforeAll(async () => {
  stack = await startRehearsal();
  const examples = join(projectRoot, "docs/grafana");
  dashboard = JSON.parse(await readFile(join(examples, "dashboards/uptime.json"), "utf8")) as object;
  ruleFile = parse(await readFile(join(examples, "rules/restarts.yaml"), "utf8")) as RuleFile;
  await mkdir(join(folder, "dashboards"));
  await mkdir(join(folder, "rules"));
  before = await grafanaContent();
});

test("own dashboards and rules are added beside the program's, and those of a preset with them", async () => {
  expect(before).toMatchObject({ ownDashboards: [], ownRules: [] });
  await writeDashboard("uptime.json", {});
  await writeDashboard("cellar.json", { uid: "cellar", title: "Cellar" });
  await writeRule("restarts.yaml", {});
  await writeRule("cellar.yml", { uid: "cellar-floods", title: "Cellar floods" });
  await writeRule("garden.yaml", { uid: "garden-dry", title: "Garden is dry" });
  await changeSetting("grafana", () => ({
    dashboards: join(folder, "dashboards"),
    rules: join(folder, "rules"),
  }));
  await changeSetting("presets", () => ({ pi5: true }));
  await deploy();
  await expectContent({
    dashboards: [...before.dashboards, "pi-monitoring-pi5: Raspberry Pi 5"].sort(),
    rules: [
      ...before.rules,
      "pi-monitoring-clock-battery-low: pi-monitoring/Battery of the clock is low",
      "pi-monitoring-fan-stopped: pi-monitoring/Fan has stopped",
      "pi-monitoring-input-voltage-low: pi-monitoring/Input voltage is low",
    ].sort(),
    ownDashboards: ["cellar: Cellar", "uptime: Uptime"],
    ownRules: [
      "cellar-floods: cellar.yml/Cellar floods",
      "garden-dry: garden.yaml/Garden is dry",
      "node-has-restarted: restarts.yaml/Node has restarted",
    ],
  });
});

test("a second deploy changes nothing", async () => {
  await pulumiOrFail(stack, "up", "--expect-no-changes");
});

test("changed ones change, and those are gone of which a file or the preset is gone", async () => {
  await writeDashboard("uptime.json", { title: "Uptime of all nodes" });
  await writeDashboard("attic.json", { uid: "attic", title: "Attic" });
  await writeRule("restarts.yaml", { title: "Node was restarted" });
  // Grafana has one rule of a title in a folder: the old one must go first.
  await writeRule("cellar.yml", { uid: "cellar-is-flooded", title: "Cellar floods" });
  await remove("dashboards/cellar.json", "rules/garden.yaml");
  await changeSetting("presets", () => undefined);
  await deploy();
  await expectContent({
    ownDashboards: ["attic: Attic", "uptime: Uptime of all nodes"],
    ownRules: [
      "cellar-is-flooded: cellar.yml/Cellar floods",
      "node-has-restarted: restarts.yaml/Node was restarted",
    ],
  });
});

test("broken files are refused by name, and nothing else of the deploy happens", async () => {
  const content = await grafanaContent();
  const container = await grafanaContainer();
  const resources = await resourcesInState();
  await writeFile(join(folder, "dashboards/torn.json"), '{ "uid": "torn", ');
  await writeDashboard("taken.json", { uid: "pi-monitoring-cluster", title: "Taken" });
  await writeRule("taken.yaml", { uid: "pi-monitoring-hot", title: "Taken" });
  await writeRule("contact.yaml", { uid: "contact", title: "Contact" }, { contactPoints: [] });
  // Nodes would change by the same deploy.
  await changeSetting("nodeExporter", () => ({ arguments: ["--no-collector.wifi"] }));

  const refusals = [
    /"torn\.json".*must be JSON/,
    /"taken\.json".*uid.*must not begin with pi-monitoring-/,
    /"taken\.yaml".*uid.*must not begin with pi-monitoring-/,
    /"contact\.yaml".*contactPoints.*must be left out/,
  ];
  const deployed = await run("deploy", ["dev", "--yes"]);
  const raised = await pulumi(stack, "up");
  for (const { exitCode, output } of [deployed, raised]) {
    expect(exitCode).not.toBe(0);
    for (const refusal of refusals) {
      expect(output).toMatch(refusal);
    }
    expect(output).not.toContain("attic.json");
  }
  expect(await resourcesInState()).toEqual(resources);
  expect(await grafanaContainer()).toBe(container);
  expect(await grafanaContent()).toEqual(content);
  await changeSetting("nodeExporter", () => undefined);
  await remove("dashboards/torn.json", "dashboards/taken.json", "rules/taken.yaml", "rules/contact.yaml");
});

test("without the settings, Grafana has what it had before", async () => {
  await changeSetting("grafana", () => undefined);
  await deploy();
  await expectContent({});
  await expectHealthy(stack);
});
