import { describeExisting, findExisting } from "../../scripts/init/adoption";

/** A container as `docker inspect` shows it, as far as it matters. */
function container(
  name: string,
  image: string,
  more: { label?: string; port?: number; volume?: string } = {},
) {
  return {
    Id: "0123",
    Name: `/${name}`,
    Config: { Image: image, Labels: more.label === undefined ? null : { "pi-monitoring.stack": more.label } },
    HostConfig: {
      PortBindings: more.port === undefined ? null : { [`${more.port}/tcp`]: [{ HostPort: "443" }] },
    },
    NetworkSettings: { Networks: { influxdb: {} } },
    Mounts:
      more.volume === undefined
        ? []
        : [{ Type: "volume", Name: more.volume, Destination: "/var/lib/influxdb2" }],
  };
}

// What the post's author has.
const post = {
  containers: [
    container("portal", "steveltn/https-portal:1", { port: 443 }),
    container("influxdb", "registry.example.com:5000/influxdb:2.2", { volume: "influxdb2" }),
    container("telegraf", "telegraf:1.22"),
    container("grafana", "grafana/grafana"),
    container("shop", "nginx"),
  ],
  networks: ["bridge", "influxdb", "telegraf", "grafana"],
  volumes: ["influxdb2", "grafana-storage", "shop"],
};

test("an empty server has nothing in the way", () => {
  const existing = findExisting({ containers: [], networks: ["bridge"], volumes: [] });
  expect(existing).toEqual({
    stack: undefined,
    portal: undefined,
    influxdb: undefined,
    inTheWay: [],
    networks: [],
    volumes: [],
  });
  expect(describeExisting(existing, "vps")).toEqual([]);
});

test("a server that was set up by hand shows what it has", () => {
  const existing = findExisting(post);
  expect(existing).toEqual({
    stack: undefined,
    portal: "portal",
    influxdb: { container: "influxdb", volume: "influxdb2" },
    inTheWay: ["telegraf", "grafana"],
    networks: ["influxdb", "telegraf", "grafana"],
    volumes: ["influxdb2", "grafana-storage"],
  });
  expect(describeExisting(existing, "vps")).toEqual([
    "vps has an https-portal already: the container portal.",
    "vps has an InfluxDB already: the container influxdb, its data in the volume influxdb2.",
    "vps has containers of names that are needed: telegraf, grafana.",
    "vps has networks of names that are needed: influxdb, telegraf, grafana.",
    "vps has volumes of names that are needed: influxdb2, grafana-storage.",
  ]);
});

test("a portal that answers nobody, and images that are only called alike, are none", () => {
  const containers = [
    container("https-portal", "steveltn/https-portal:1"),
    container("proxy", "influxdb/telegraf-proxy", { port: 443 }),
  ];
  expect(findExisting({ ...post, containers })).toMatchObject({
    portal: undefined,
    influxdb: undefined,
    inTheWay: ["https-portal"],
  });
});

test("what this program has made is told by its stack", () => {
  const containers = [container("influxdb", "sha256:0123", { label: "home" })];
  const existing = findExisting({ ...post, containers });
  expect(describeExisting(existing, "vps")).toEqual(["vps has the stack home of this program already."]);
});
