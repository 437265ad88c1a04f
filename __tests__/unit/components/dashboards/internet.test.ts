import { renderDashboard } from "../../../../components/dashboards/dashboards";
import { exampleNode, exampleSettings } from "../../../support/exampleSettings";

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly query: string }[];
}

function panelsOf(targets: readonly string[], more: object = {}): readonly Panel[] {
  const settings = exampleSettings({ presets: { internet: { targets } }, ...more });
  return (JSON.parse(renderDashboard("internet", settings, {})) as { panels: Panel[] }).panels;
}

const titlesOf = (...targets: string[]): string[] => panelsOf(targets).map(({ title }) => title);

const always = [
  "Targets up",
  "Internet up",
  "Without Internet",
  "Slowest answer",
  "Targets",
  "Answered probes",
  "Duration",
  "Outages",
];

test.each([
  [["1.1.1.1:53"], []],
  [["1.1.1.1"], ["Ping"]],
  [["example.com:22"], ["DNS"]],
  [["dns://9.9.9.9/example.com"], ["DNS"]],
  [["http://192.168.1.1"], ["HTTP by phase"]],
  [["https://example.com"], ["HTTP by phase", "DNS"]],
])("targets such as %j have these panels besides those of all: %j", (targets, expected) => {
  const further = titlesOf(...targets).filter((title) => !always.includes(title));
  expect(further).toEqual(expected);
  expect(titlesOf(...targets)).toEqual(expect.arrayContaining(always));
});

test.each([
  [["1.1.1.1"], ["answers", "duration"]],
  [["http://192.168.1.1"], ["answers", "duration", "status"]],
  [
    ["https://example.com", "1.1.1.1"],
    ["answers", "duration", "status", "certificate"],
  ],
])("the table of targets such as %j has what one of them can have: %j", (targets, expected) => {
  const query = panelsOf(targets).find(({ title }) => title === "Targets")?.targets[0]?.query ?? "";
  expect([...query.matchAll(/key: "column", value: "(\w+)"/g)].map(([, column]) => column)).toEqual(expected);
});

test("the time of DNS is that of names, and of servers that are asked for one", () => {
  const dns = (...targets: string[]): string =>
    panelsOf(targets).find(({ title }) => title === "DNS")?.targets[0]?.query ?? "";
  expect(dns("example.com", "1.1.1.1")).toContain('set: ["example.com"]');
  expect(dns("example.com")).not.toContain("probe_dns_duration_seconds");
  expect(dns("dns://9.9.9.9/a.b")).not.toContain("probe_dns_lookup_time_seconds");
  expect(dns("dns://9.9.9.9/a.b", "example.com")).toMatch(/union[^]*probe_dns_duration[^]*probe_dns_lookup/);
});

test("a target's series has the name of its master only where there are several", () => {
  const groupOf = (more: object = {}): string | undefined => {
    const query = panelsOf(["1.1.1.1"], more).find(({ title }) => title === "Duration")?.targets[0]?.query;
    return /group\(columns: (\[.*?\])\)/.exec(query ?? "")?.[1];
  };
  expect(groupOf()).toBe('["instance"]');
  const nodes = ["kube-0", "kube-1"].map((name) => exampleNode(name, { master: true }));
  expect(groupOf({ nodes })).toBe('["node_name", "instance"]');
});
