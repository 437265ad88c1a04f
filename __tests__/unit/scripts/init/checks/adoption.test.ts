import { describeExisting, findExisting, settingsFor } from "../../../../../scripts/init/checks/adoption";
import { exampleSettings } from "../../../../support/exampleSettings";

/**
 * A container as `docker inspect` shows it, without what adoption does not read.
 *
 * @param more.containerPort a port of the container that is published as port 443 of the host
 */
function container(
  name: string,
  image: string,
  more: { label?: string; containerPort?: number; volume?: string; state?: string } = {},
) {
  return {
    Id: "0123",
    Name: `/${name}`,
    State: { Status: more.state ?? "running" },
    Config: { Image: image, Labels: more.label === undefined ? null : { "pi-monitoring.stack": more.label } },
    HostConfig: {
      PortBindings:
        more.containerPort === undefined ? null : { [`${more.containerPort}/tcp`]: [{ HostPort: "443" }] },
    },
    NetworkSettings: { Networks: { influxdb: {} } },
    Mounts:
      more.volume === undefined
        ? []
        : [{ Type: "volume", Name: more.volume, Destination: "/var/lib/influxdb2" }],
  };
}

/** A server that was set up by hand, with a container that has nothing to do with it. */
const handMade = {
  containers: [
    container("portal", "steveltn/https-portal:1", { containerPort: 443 }),
    container("influxdb", "registry.example.com:5000/influxdb:2.2", { volume: "influxdb2" }),
    container("telegraf", "telegraf:1.22"),
    container("grafana", "grafana/grafana"),
    container("shop", "nginx"),
  ],
  networks: ["bridge", "influxdb", "telegraf", "grafana"],
  volumes: ["influxdb2", "grafana-storage", "shop"],
};

test("an empty server has nothing in the way", () => {
  const existing = findExisting({ containers: [], networks: ["bridge"], volumes: [] }, []);
  expect(existing).toEqual({
    stack: undefined,
    portal: undefined,
    influxdb: undefined,
    inTheWay: [],
    networks: [],
    volumes: [],
    webServer: undefined,
  });
  expect(describeExisting(existing, "vps")).toEqual([]);
  expect(settingsFor(existing)).toEqual({});
});

test("a server that was set up by hand shows what it has", () => {
  const existing = findExisting(handMade, []);
  expect(existing).toEqual({
    stack: undefined,
    portal: "portal",
    influxdb: { container: "influxdb", network: "influxdb" },
    inTheWay: ["telegraf", "grafana"],
    networks: ["influxdb", "telegraf", "grafana"],
    volumes: ["influxdb2", "grafana-storage"],
    webServer: undefined,
  });
  expect(describeExisting(existing, "vps")).toEqual([
    "vps has an https-portal: portal.",
    "vps has an InfluxDB: influxdb.",
    "vps has networks: influxdb, telegraf, grafana.",
    "vps has volumes: influxdb2, grafana-storage.",
    "vps has containers in the way of new ones: telegraf, grafana.",
  ]);
  const adopted = settingsFor(existing);
  expect(adopted).toEqual({
    existing: {
      networks: { influxdb: "influxdb", telegraf: "telegraf", grafana: "grafana" },
      volumes: { grafana: "grafana-storage" },
      httpsPortal: "portal",
    },
    influxdb: { url: "http://influxdb:8086" },
  });
  const influxdb = { ...adopted.influxdb, adminToken: "ADMIN-TOKEN" };
  expect(exampleSettings({ ...adopted, influxdb })).toMatchObject({
    existing: {
      networks: { influxdb: "influxdb", telegraf: "telegraf", grafana: "grafana" },
      volumes: { grafana: "grafana-storage" },
    },
    ingress: { kind: "existing", container: "portal" },
    influxdb: { kind: "external", url: "http://influxdb:8086", access: { adminToken: "ADMIN-TOKEN" } },
  });
});

test("a portal without a published port, and images with a similar name, do not count", () => {
  const containers = [
    container("https-portal", "steveltn/https-portal:1"),
    container("proxy", "influxdb/telegraf-proxy", { containerPort: 443 }),
  ];
  expect(findExisting({ ...handMade, containers }, [])).toMatchObject({
    portal: undefined,
    influxdb: undefined,
    inTheWay: ["https-portal"],
  });
});

const others = ["telegraf-behind-gate", "ingest", "ingress", "https-portal"].map((name) =>
  container(name, "nginx"),
);
const portal = container("portal", "steveltn/https-portal:1", { containerPort: 443 });
const nginx = [{ address: "0.0.0.0", port: 80, name: "nginx" }];

test.each([
  { where: "no web server", containers: others, owners: [], inTheWay: ["https-portal"] },
  { where: "a web server", containers: others, owners: nginx, inTheWay: ["ingress"] },
  {
    where: "an https-portal",
    containers: [portal, ...others],
    owners: nginx,
    inTheWay: ["telegraf-behind-gate", "ingest"],
  },
])("with $where, $inTheWay are in the way", ({ containers, owners, inTheWay }) => {
  expect(findExisting({ ...handMade, containers }, owners)).toMatchObject({ inTheWay });
});

test("what this program has made is known by its stack", () => {
  const containers = [container("influxdb", "sha256:0123", { label: "home" })];
  const existing = findExisting({ ...handMade, containers }, []);
  expect(existing.stack).toBe("home");
  expect(settingsFor(existing)).toEqual({});
});

test("the volume of a removed InfluxDB becomes that of the program's InfluxDB", () => {
  const adopted = settingsFor(findExisting({ containers: [], networks: [], volumes: ["influxdb2"] }, []));
  expect(adopted).toEqual({ existing: { volumes: { influxdb: "influxdb2" } }, influxdb: {} });
  expect(exampleSettings({ ...adopted, influxdb: { adminToken: "ADMIN-TOKEN" } })).toMatchObject(adopted);
});

describe("a portal that is stopped", () => {
  const stopped = container("old-portal", "steveltn/https-portal:1", { containerPort: 443, state: "exited" });
  const contents = { containers: [stopped], networks: [], volumes: [] };
  const nginx = { address: "*", port: 443, name: "nginx" };

  test("is not used where another web server has its ports", () => {
    expect(findExisting(contents, [nginx])).toMatchObject({
      portal: undefined,
      webServer: { owners: new Map([["nginx", [443]]]) },
    });
  });

  test("is used where its ports are free, and no running one is", () => {
    expect(findExisting(contents, []).portal).toBe("old-portal");
    const running = container("portal", "steveltn/https-portal:1", { containerPort: 443 });
    const both = { ...contents, containers: [stopped, running] };
    expect(findExisting(both, []).portal).toBe("portal");
  });
});
