import { smallest } from "../../../support/exampleSettings";
import type { RecordedResource } from "../../../support/recordResources";
import {
  containerType,
  find,
  labels,
  networkType,
  recordServer,
  volumeType,
} from "../../../support/recordServer";

/** The networks of each container, by name. */
function networksOf(resources: readonly RecordedResource[]): Record<string, string[]> {
  const containers = resources.filter(({ type }) => type === containerType);
  return Object.fromEntries(
    containers.map(({ inputs }) => {
      const { name, networksAdvanced } = inputs as { name: string; networksAdvanced: { name: string }[] };
      return [name, networksAdvanced.map((network) => network.name)];
    }),
  );
}

function portalDomains(resources: readonly RecordedResource[]): string | undefined {
  const { envs } = find(resources, containerType, "server-https-portal").inputs as { envs: string[] };
  return envs.find((each) => each.startsWith("DOMAINS="));
}

describe("the server", () => {
  let resources: RecordedResource[];

  beforeAll(async () => {
    resources = await recordServer();
  });

  test("has networks by which Telegraf and Grafana reach InfluxDB, and not each other", () => {
    expect(networksOf(resources)).toEqual({
      influxdb: ["influxdb", "telegraf", "grafana"],
      telegraf: ["telegraf"],
      grafana: ["grafana"],
      "https-portal": ["influxdb", "telegraf", "grafana"],
    });
  });

  test.each(["influxdb", "telegraf", "grafana"])("makes the network %s", (name) => {
    expect(find(resources, networkType, `server-${name}-network`).inputs).toEqual({ name, labels });
  });

  test("makes everything on the engine by the explicit provider", () => {
    const onEngine = resources.filter(({ type }) => type.startsWith("docker:"));
    expect(new Set(onEngine.map(({ provider }) => provider))).toEqual(
      new Set(["pulumi:providers:docker server-engine-docker"]),
    );
  });

  test("uses pinned images and keeps them", () => {
    const images = resources.filter(({ type }) => type === "docker:index/remoteImage:RemoteImage");
    expect(images.map(({ inputs }) => inputs)).toEqual([
      { name: "influxdb:2.9.1", keepLocally: true },
      { name: "telegraf:1.39.3", keepLocally: true },
      { name: "grafana/grafana:12.4.10", keepLocally: true },
      { name: "steveltn/https-portal:1.25.5", keepLocally: true },
    ]);
  });

  test("starts the portal when InfluxDB is set up, beside the others", () => {
    const { dependsOn } = find(resources, "pi-monitoring:index:HttpsPortal", "server-https-portal");
    expect(dependsOn).toContain("command:local:Command server-influxdb-setup");
    expect(dependsOn).not.toContain(`${containerType} server-telegraf`);
    expect(dependsOn).not.toContain(`${containerType} server-grafana`);
  });

  test("answers for three names", () => {
    expect(portalDomains(resources)).toBe(
      "DOMAINS=influxdb.example.com -> http://influxdb:8086, grafana.example.com -> http://grafana:3000, " +
        "telegraf.example.com -> http://telegraf:8080",
    );
  });
});

test.each([
  [
    "influxdb",
    "DOMAINS=grafana.example.com -> http://grafana:3000, telegraf.example.com -> http://telegraf:8080",
  ],
  [
    "grafana",
    "DOMAINS=influxdb.example.com -> http://influxdb:8086, telegraf.example.com -> http://telegraf:8080",
  ],
  [
    "telegraf",
    "DOMAINS=influxdb.example.com -> http://influxdb:8086, grafana.example.com -> http://grafana:3000",
  ],
])("%s can be left unexposed", async (service, domains) => {
  expect(portalDomains(await recordServer({ expose: { [service]: false } }))).toBe(domains);
});

test.each([
  [true, { retainOnDelete: true }],
  [false, {}],
])("keepVolumes: %p decides whether the volumes outlive the stack", async (keepVolumes, options) => {
  const volumes = (await recordServer({ keepVolumes })).filter(({ type }) => type === volumeType);
  expect(volumes.map(({ inputs, options: given }) => [inputs, given])).toEqual([
    [{ name: "influxdb2", labels }, options],
    [{ name: "telegraf", labels }, options],
    [{ name: "grafana-storage", labels }, options],
    // In memory: there is nothing in it to keep.
    [{ name: "ingest-spool", labels, driverOpts: { type: "tmpfs", device: "tmpfs", o: "size=96m" } }, {}],
    [{ name: "https-portal", labels }, options],
  ]);
});

test.each<[string, object, string[]]>([
  ["never, unless it is told when", {}, []],
  ["by a timer when it is told when", { at: "03:15" }, ["server-backup"]],
])("the VPS backs itself up %s", async (_, backup, names) => {
  const resources = await recordServer({ vps: smallest.vps, backup });
  const timers = resources.filter(({ type }) => type === "pi-monitoring:index:BackupTimer");
  expect(timers.map(({ name }) => name)).toEqual(names);
});

test("an image can be another one", async () => {
  const resources = await recordServer({ images: { influxdb: "registry.example.com/influxdb:2.9.2" } });
  const image = find(resources, "docker:index/remoteImage:RemoteImage", "server-influxdb-image");
  expect(image.inputs["name"]).toBe("registry.example.com/influxdb:2.9.2");
});
