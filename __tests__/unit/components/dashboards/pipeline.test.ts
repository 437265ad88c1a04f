import { renderDashboard } from "../../../../components/dashboards/dashboards";
import { scripts } from "../../../../package.json";
import { exampleNode, exampleSettings } from "../../../support/exampleSettings";

interface Panel {
  readonly title: string;
  readonly description: string;
}

function descriptions(settings: object): Map<string, string> {
  const dashboard = renderDashboard("pipeline", exampleSettings(settings), {});
  const { panels } = JSON.parse(dashboard) as { panels: Panel[] };
  return new Map(panels.map(({ title, description }) => [title, description]));
}

const thousandNodes = Array.from({ length: 1000 }, (_, index) =>
  exampleNode(`kube-${index}`, { master: index === 0 }),
);
const external = { url: "https://influxdb.example.org", adminToken: "TOKEN" };

test.each([
  ["three nodes", {}, "InfluxDB 1 GB, Telegraf 512 MB, Grafana 1 GB"],
  ["a thousand nodes", { nodes: thousandNodes }, "InfluxDB 4 GB, Telegraf 2 GB, Grafana 1 GB"],
  ["an external InfluxDB", { influxdb: external }, "Telegraf 512 MB, Grafana 1 GB"],
])("the memory limits are those of %s", (_, settings, limits) => {
  expect(descriptions(settings).get("The server's memory")).toBe(
    `Memory in use. Limits of the containers: ${limits}.`,
  );
});

test("InfluxDB's memory is compared with the limit of its container", () => {
  expect(descriptions({ nodes: thousandNodes }).get("InfluxDB's memory")).toContain("of the 4 GB that");
});

test("the age of credentials has no limit where none is due", () => {
  const description = (rotateAfterDays: number): string | undefined =>
    descriptions({ rotateAfterDays }).get("Oldest credential");
  expect(description(90)).toContain("It is due after 90 days.");
  expect(description(0)).not.toContain("due");
});

test("commands are those of package.json, with the stack", () => {
  const commands = [...descriptions({}).values()].flatMap((text) => [
    ...text.matchAll(/`npm run (\S+) -- ([^`]*)`/g),
  ]);
  expect(commands.map(([, name, words]) => [name, words])).toEqual([
    ["doctor", "test"],
    ["rotate", "all --stack test"],
  ]);
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(["doctor", "rotate"]));
});
