import { UserError } from "../../../../components/userError";
import { renderDashboard, dashboardNames } from "../../../../components/dashboards/dashboards";
import { rules } from "../../../../components/alerts/rules";
import { exampleNode, exampleSettings } from "../../../support/exampleSettings";

/** What is wrong with the labels of a node, without the beginning that all mistakes have. */
function mistakes(labels: unknown): string | undefined {
  try {
    exampleSettings({ nodes: [exampleNode("kube-0", { master: true, labels })] });
    return undefined;
  } catch (error) {
    return error instanceof UserError ? error.message.replace(/^[^]*pi-monitoring:nodes\[0\]\./, "") : "";
  }
}

const anotherName = "must have another name: metrics of the node, or this program, have a label of that name";
const invalid =
  "must have a name of up to 64 letters, digits and underscores that begins with a letter, such as rack";
const unprintable = 'must be up to 64 printable characters without " and \\';

test.each([{ rack: "a" }, { floor: 2, isSpare: true }, { Site_1: "Küche & Keller" }, {}])(
  "%j are accepted",
  (labels) => {
    expect(mistakes(labels)).toBeUndefined();
  },
);

test.each([
  ...[
    "node_name",
    "monitor",
    "job",
    "instance",
    "time",
    "device",
    "mountpoint",
    "mode",
    "cpu",
    "sensor",
    "origin",
  ].map((name) => [name, anotherName] as const),
  ...["__x", "_x", "1x", "a-b", "a.b", "é", ""].map((name) => [name, invalid] as const),
])("a label %j is refused", (name, expected) => {
  expect(mistakes({ [name]: "a" })).toBe(`labels.${name} = "a": ${expected}`);
});

test.each(["", 'a"', "a\\", "a\nb", "x".repeat(65)])("the value %j is refused", (value) => {
  expect(mistakes({ rack: value })).toContain(unprintable);
});

test("labels are an object", () => {
  expect(mistakes("rack=a")).toBe('labels = "rack=a": must be labels with their values');
});

test("each tag that a query asks for is refused as a label", () => {
  const settings = exampleSettings();
  const queries = [
    ...dashboardNames(settings).map((name) => renderDashboard(name, settings, {})),
    ...rules(settings, {}).map(({ query }) => query),
  ].filter((query) => query.includes("prometheus_remote_write"));
  const names = queries.flatMap((query) => [
    ...[...query.matchAll(/\br\.([a-z]\w*)/g)].map(([, name = ""]) => name),
    ...[...query.matchAll(/columns: \[([^\]]*)\]/g)].flatMap(([, list = ""]) =>
      [...list.matchAll(/(?<!\w)([a-z]\w*)/g)].map(([, name = ""]) => name),
    ),
  ]);
  // Columns that a query makes of metrics have the metric's name.
  const tags = [...new Set(names)].filter(
    (name) => !/^(node|rpi|prometheus)_/.test(name) || name === "node_name",
  );
  expect(tags.length).toBeGreaterThan(10);
  const notOfNodes = [
    "server_name",
    "path",
    "output",
    "free",
    "size",
    "before",
    "cores",
    "touched",
    "name",
    "date",
    "now",
  ];
  const accepted = tags.filter((name) => mistakes({ [name]: "a" }) === undefined);
  expect(accepted.filter((name) => !notOfNodes.includes(name))).toEqual([]);
});
