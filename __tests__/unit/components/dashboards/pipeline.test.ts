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
  expect(descriptions({ influxdb: external }).get("InfluxDB's memory")).toBe("Memory in use.");
});

test.each([
  ["the program's own portal", {}, / The portal renews it 30 days before\.$/],
  ["a portal with its own certificates", { certificates: "local" }, /expires\.$/],
  ["a web server on the server", { ingress: { loopback: { grafana: 3000, telegraf: 8080 } } }, /expires\.$/],
])("the certificate of %s is described", (_, settings, expected) => {
  expect(descriptions(settings).get("Certificate")).toMatch(expected);
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
