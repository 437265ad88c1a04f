import { MonitoringServer } from "../../../../components/server/monitoringServer";
import { components, resources } from "../../../../components/server/resourceNames";
import { services } from "../../../../components/settings/serviceNames";
import { exampleSettings, smallest } from "../../../support/exampleSettings";
import { type RecordedResource, recordResources } from "../../../support/recordResources";

/** Settings which together make every resource of the server. */
const everyKind = [
  { backup: { at: "03:15" }, certificates: "local", vps: smallest.vps },
  {
    certificates: "local",
    existing: { httpsPortal: "portal", networks: { telegraf: "telegraf", grafana: "grafana" } },
  },
  { ingress: { loopback: { telegraf: 9001 } } },
  { influxdb: { url: "https://influxdb.example.org", adminToken: "token" } },
  { influxdb: { url: "https://influxdb.example.org", writeToken: "token", readToken: "token" } },
];

/** Each name; of a function, those of the parameters under its key. */
function all(names: object, parameters: Readonly<Record<string, readonly string[]>>): string[] {
  return Object.entries(names).flatMap(([key, name]: [string, string | ((of: string) => string)]) =>
    typeof name === "string" ? [name] : (parameters[key] ?? [`${key} without parameters`]).map(name),
  );
}

async function resourcesOfEveryKind(): Promise<RecordedResource[]> {
  const programs = [];
  for (const settings of everyKind) {
    programs.push(
      await recordResources(() => {
        const server = new MonitoringServer(
          components.server,
          exampleSettings({ vps: "local", ...settings }),
        );
        server.ingest.get("kube-0")?.revokeOthers(server);
      }),
    );
  }
  return programs.flat();
}

let recorded: readonly RecordedResource[];

beforeAll(async () => {
  recorded = await resourcesOfEveryKind();
});

const isComponent = ({ type }: RecordedResource): boolean => type.startsWith("pi-monitoring:");
const namesOf = (found: readonly RecordedResource[]): string[] => [...new Set(found.map(({ name }) => name))];

test("each name of a component is that of one", () => {
  const found = namesOf(recorded.filter(isComponent));
  const wanted = all(components, { token: ["telegraf", "grafana"], ingest: ["kube-0"] });
  expect(wanted.filter((name) => !found.includes(name))).toEqual([]);
});

// `--fix` passes over a name that only a component has.
test("each name for the commands is that of a resource which is no component", () => {
  const found = namesOf(recorded.filter((each) => !isComponent(each)));
  const withImage = [
    "influxdb",
    "telegraf",
    "grafana",
    "httpsPortal",
    "ingestProxy",
    "loopbackIngress",
  ] as const;
  const wanted = all(resources, {
    network: services,
    tokenAuthorization: ["telegraf", "grafana"],
    ingestAccepted: ["kube-0"],
    ingestRevocation: ["kube-0"],
    image: withImage.map((each) => components[each]),
  });
  expect(wanted.filter((name) => !found.includes(name))).toEqual([]);
});
