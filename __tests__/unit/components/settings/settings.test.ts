import { mkdirSync, writeFileSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import { UserError } from "../../../../components/userError";
import { parseSettings, seconds } from "../../../../components/settings/settings";
import { defaultImages } from "../../../../components/settings/schema";
import { allContactPoints } from "../../../support/allContactPoints";
import { makeCertificate } from "../../../support/certificate";
import { temporaryFolder } from "../../../support/temporaryFolder";
import {
  configuration,
  exampleNode,
  exampleSettings,
  hostKey,
  smallest,
} from "../../../support/exampleSettings";

const master = exampleNode("kube-0", { master: true });

function errorOf(settings: object): UserError | undefined {
  try {
    parseSettings("production", configuration(settings));
    return undefined;
  } catch (error) {
    if (error instanceof UserError) {
      return error;
    }
    throw error;
  }
}

const aNodeList = "must be a list of nodes, or the path of a YAML file that is one";

const folder = temporaryFolder();

test("nodes can be in a file of their own, with the same mistakes", () => {
  const [file, wrong] = ["nodes.yaml", "wrong.yaml"].map((name) => join(folder, name)) as [string, string];
  writeFileSync(file, JSON.stringify(smallest.nodes));
  writeFileSync(wrong, JSON.stringify([{ ...smallest.nodes[0], name: "Kube 0" }]));
  expect(exampleSettings({ nodes: file }).nodes).toEqual(exampleSettings().nodes);
  expect(errorOf({ ...smallest, nodes: wrong })?.mistakes).toEqual([
    'pi-monitoring:nodes[0].name = "Kube 0": must be lower-case letters, digits and hyphens, such as kube-0',
  ]);
});

test("an exporter is set for all nodes, for one, or for one differently", () => {
  const { nodes } = exampleSettings({
    exporters: { redis: { port: 9200, arguments: ["--redis.password-file=/etc/redis.json"] }, bind: {} },
    nodes: [
      { ...master, exporters: { redis: { port: 9300 }, snmp: {} } },
      exampleNode("kube-1", { exporters: { redis: { arguments: [] } } }),
    ],
  });
  const passwordFile = "--redis.password-file=/etc/redis.json";
  expect(nodes.map(({ exporters }) => exporters)).toEqual([
    [
      { name: "bind", port: 9119, arguments: [] },
      { name: "redis", port: 9300, arguments: [passwordFile] },
      { name: "snmp", port: 9116, arguments: [] },
    ],
    [
      { name: "bind", port: 9119, arguments: [] },
      { name: "redis", port: 9200, arguments: [] },
    ],
  ]);
});

test("an exporter of all nodes is left out on one", () => {
  const { nodes } = exampleSettings({
    exporters: { redis: { port: 9200 }, bind: {} },
    nodes: [{ ...master, exporters: { redis: false, snmp: false } }, exampleNode("kube-1")],
  });
  const names = nodes.map(({ exporters }) => exporters.map(({ name }) => name));
  expect(names).toEqual([["bind"], ["bind", "redis"]]);
});

test("an exporter that is left out on a node takes no port there", () => {
  const changes = { exporters: { redis: { port: 9300 } }, nodeExporter: { port: 9300 } };
  expect(errorOf({ ...smallest, ...changes })?.mistakes).toHaveLength(smallest.nodes.length);
  const nodes = smallest.nodes.map((node) => ({ ...node, exporters: { redis: false } }));
  expect(errorOf({ ...smallest, ...changes, nodes })).toBeUndefined();
});

describe("the smallest production stack", () => {
  const home = temporaryFolder();

  beforeAll(() => {
    jest.spyOn(os, "userInfo").mockReturnValue({ ...os.userInfo(), homedir: home });
    mkdirSync(join(home, ".ssh"));
    writeFileSync(join(home, ".ssh/id_ed25519"), "");
  });

  afterAll(() => {
    jest.restoreAllMocks();
  });

  test("has a default for everything else", () => {
    const node = { name: "kube-0", host: "kube-0.local", hostKey, master: true };
    const settings = { domain: "example.com", vps: { host: "vps.example.com", hostKey }, nodes: [node] };
    expect(parseSettings("production", configuration(settings))).toEqual({
      stack: "production",
      domain: "example.com",
      vps: { host: "vps.example.com", port: 22, user: "root", key: "~/.ssh/id_ed25519", hostKey },
      nodes: [
        {
          name: "kube-0",
          host: "kube-0.local",
          sshPort: 22,
          user: "pi",
          key: "~/.ssh/id_ed25519",
          hostKey,
          master: true,
          scrapedBy: "kube-0",
          mayBeOff: false,
          nodeExporter: { port: 9100, listenAddress: undefined, arguments: [] },
          prometheus: { port: 9090, listenAddress: undefined },
          exporters: [],
        },
      ],
      influxdb: {
        kind: "own",
        org: "pi-monitoring",
        bucket: "prometheus",
        retentionDays: 365,
        retentionDays5m: 1095,
        retentionDays1h: 0,
        adminUser: "admin",
      },
      names: {},
      existing: { networks: {}, volumes: {} },
      ingress: { kind: "portal" },
      prometheus: { scrapeInterval: "1m", monitor: "mykube", forgetBacklog: false },
      outageHours: 24,
      rotateAfterDays: 365,
      rotated: {},
      certificates: "production",
      expose: { influxdb: true, grafana: true, telegraf: true },
      images: {
        influxdb: "influxdb:2.9.1",
        telegraf: "telegraf:1.39.3",
        grafana: "grafana/grafana:12.4.10",
        httpsPortal: "steveltn/https-portal:1.25.5",
      },
      exporter: {
        url: "https://raw.githubusercontent.com/fahlke/raspberrypi_exporter/3417493/raspberrypi_exporter",
        sha256: "a0880e608852e2bde7c70de353bbf03ec4327c5da689f8ca1326bef73ae03eb5",
      },
      keepVolumes: true,
      nodeExporter: {},
      exporters: {},
      scrape: [],
      contactPoints: {},
      alerts: {
        silentMinutes: 5,
        temperatureCelsius: 75,
        memoryPercent: 90,
        diskPercent: 90,
        diskFullHours: 24,
        diskTemperatureCelsius: 70,
        diskWearPercent: 90,
        loadPerCore: 2,
        clockSeconds: 5,
        certificateDays: 14,
        backupHours: 48,
        probeSeconds: 2,
      },
      presets: { disks: false, pi5: false },
      grafana: {},
      backup: { keep: 7, folder: "/var/backups/pi-monitoring" },
    });
  });
});

test("plain text in the configuration stands for numbers and booleans too", () => {
  const { keepVolumes, vps } = exampleSettings({
    keepVolumes: "false",
    vps: { ...smallest.vps, port: "2222" },
  });
  expect(keepVolumes).toBe(false);
  expect(vps).toMatchObject({ port: 2222 });
});

test.each([
  ["2026-11-23", "2026-11-23T00:00:00Z"],
  ["2026-11-23T16:20Z", "2026-11-23T16:20:00Z"],
  ["2026-11-23T16:20:00Z", "2026-11-23T16:20:00Z"],
  // What Pulumi makes of a date without quotes.
  ["2026-11-23 00:00:00 +0000 UTC", "2026-11-23T00:00:00Z"],
])("a date that is written as %s is %s", (written, date) => {
  const rotated = Object.fromEntries(
    ["telegraf", "grafana", "ingest", "grafanaAdmin", "influxdbAdmin"].map((each) => [each, written]),
  );
  expect(exampleSettings({ rotated }).rotated).toEqual(
    Object.fromEntries(Object.keys(rotated).map((credential) => [credential, date])),
  );
});

// Node takes the day after the end of the month for one of the next.
test.each(["2026-02-30", "2026-11-31", "2027-02-29"])("%s is no date of the calendar", (telegraf) => {
  expect(errorOf({ ...smallest, rotated: { telegraf } })?.mistakes).toEqual([
    `pi-monitoring:rotated.telegraf = "${telegraf}": ${aDayOfTheCalendar}`,
  ]);
});

test.each([
  ["1", "0"],
  ["720", "3650"],
])("an outage of %s hours and a rotation after %s days are possible", (outageHours, rotateAfterDays) => {
  expect(exampleSettings({ outageHours, rotateAfterDays })).toMatchObject({
    outageHours: Number(outageHours),
    rotateAfterDays: Number(rotateAfterDays),
  });
});

test.each([
  ["15s", 15],
  ["90s", 90],
  ["1m", 60],
  ["9999m", 599_940],
])("%s is %d seconds", (duration, expected) => {
  expect(seconds(duration)).toBe(expected);
});

test("the server can be this machine's own engine", () => {
  expect(exampleSettings({ vps: "local" }).vps).toBe("local");
});

const host253 = `${`${"h".repeat(63)}.`.repeat(3)}${"h".repeat(61)}`;

test.each<object>([
  { vps: { ...smallest.vps, host: host253 } },
  { vps: { ...smallest.vps, host: "255.255.255.255", user: "u".repeat(32) } },
  { vps: { ...smallest.vps, host: "0.0.0.0" } },
  { nodes: [exampleNode("n".repeat(63), { host: `${"h".repeat(63)}.local`, master: true })] },
  { domain: `${"d.".repeat(118)}org`, expose: { influxdb: false, grafana: false, telegraf: false } },
  { images: { influxdb: `${"i".repeat(255)}:2` } },
  { images: { influxdb: `registry.example.com:5000/a/b__c-d.e:2${"t".repeat(127)}` } },
  { images: { influxdb: `registry:5000/influxdb@sha256:${"0".repeat(64)}` } },
  { images: { influxdb: `influxdb:2.9.1@sha256:${"0".repeat(64)}` } },
  { nodeExporter: { listenAddress: "192.168.1.10" } },
  { backup: { folder: `/${"f".repeat(254)}` } },
  { influxdb: { org: "😀".repeat(64), bucket: "ü".repeat(64), adminUser: "a".repeat(64) } },
  { prometheus: { monitor: "m".repeat(64) } },
])("a value at its limit is taken: %j", (change) => {
  expect(exampleSettings(change)).toMatchObject(change);
});

const longestUrl = "http://influx:65535";
const longestName = "p".repeat(63);

test.each<[object, object]>([
  [
    { influxdb: { adminToken: "t" }, existing: { volumes: { influxdb: "influxdb2" } } },
    { influxdb: { kind: "adopted", adminToken: "t" } },
  ],
  [
    { influxdb: { url: longestUrl, adminToken: "t" } },
    { influxdb: { kind: "external", url: longestUrl, access: { adminToken: "t" } } },
  ],
  [
    { influxdb: { url: longestUrl, writeToken: "w", readToken: "r" } },
    { influxdb: { kind: "external", url: longestUrl, access: { writeToken: "w", readToken: "r" } } },
  ],
  [{ existing: { httpsPortal: longestName } }, { ingress: { kind: "existing", container: longestName } }],
  [
    { ingress: { loopback: { grafana: 3000 } } },
    { ingress: { kind: "loopback", ports: { grafana: 3000 }, ca: undefined } },
  ],
])("%j is parsed as %j", (change, parsed) => {
  expect(exampleSettings(change)).toMatchObject(parsed);
});

test.each<[string, object]>([
  ["vps.host", { vps: { ...smallest.vps, host: `h${host253}` } }],
  ["vps.user", { vps: { ...smallest.vps, user: "u".repeat(33) } }],
  ["nodes[0].name", { nodes: [exampleNode("n".repeat(64), { host: "kube-0.local", master: true })] }],
  ["influxdb.org", { influxdb: { org: "😀".repeat(65) } }],
  ["influxdb.bucket", { influxdb: { bucket: "ü".repeat(65) } }],
  ["influxdb.adminUser", { influxdb: { adminUser: "a".repeat(65) } }],
  ["prometheus.monitor", { prometheus: { monitor: "m".repeat(65) } }],
  ["backup.folder", { backup: { folder: `/${"f".repeat(255)}` } }],
])("%s is refused where it is longer by one, and nothing else is", (setting, change) => {
  expect(errorOf({ ...smallest, ...change })?.mistakes).toEqual([
    expect.stringMatching(new RegExp(`^pi-monitoring:${setting.replace(/[[\]]/g, "\\$&")} = .*must be `)),
  ]);
});

test.each<[string, object[], string[]]>([
  ["of one master", [master, exampleNode("kube-1")], ["kube-0", "kube-0"]],
  [
    "of several, by what it says",
    [
      exampleNode("kube-1", { scrapedBy: "kube-2" }),
      master,
      exampleNode("kube-2", { master: true, scrapedBy: "kube-2" }),
      exampleNode("kube-3", { scrapedBy: "kube-0" }),
    ],
    ["kube-2", "kube-0", "kube-2", "kube-0"],
  ],
])("a node is scraped by the master: %s", (_, nodes, expected) => {
  expect(exampleSettings({ nodes }).nodes.map(({ scrapedBy }) => scrapedBy)).toEqual(expected);
});

test("other namespaces are passed over", () => {
  expect(
    parseSettings("test", { ...configuration(smallest), "aws:region": "eu-west-1", "project:domain": "x" }),
  ).toEqual(exampleSettings());
});

interface Mistake {
  readonly change: object;
  /** The key and what is wrong with its value. */
  readonly found: string;
  readonly allowed: string;
}

const withNode = (change: object): { nodes: object[] } => ({
  nodes: [master, exampleNode("kube-1", change)],
});
const withVps = (change: object): object => ({ vps: { ...smallest.vps, ...change } });

const aDomain =
  "must be a domain name in lower case, such as example.com (an internationalised one in its xn-- form)";
const someArguments =
  'must be a list of arguments of node_exporter, such as "--collector.systemd" or "--collector.netdev.device-exclude=^veth"';
const isAsked =
  "must not change how node_exporter is asked, as Prometheus and doctor ask for http://…/metrics";
const isNeeded =
  "must not be set, as panels and alerts need this collector; those that they need: cpu, diskstats, filesystem, hwmon, loadavg, meminfo, netdev, stat, textfile, time, timex";
const aHost =
  "must be a host name in lower case or an IP address, such as kube-0.local, 192.168.1.10 or 2001:db8::7";
const aKey =
  'must be the path of a private key file without a comma and ${, such as ~/.ssh/id_ed25519, or "agent"';
const aPort = "must be a whole number from 1 to 65535";
const aUser = "must be a Linux user name, such as pi";
const aHostKey =
  'must be a public host key without comment, such as "ssh-ed25519 AAAA…" (`npm run trust -- HOST` shows it), ' +
  'or "unchecked" to trust any machine that answers';
const aVps = 'must be "local" or have host, port, user, key, hostKey';
const aNodeName = "must be lower-case letters, digits and hyphens, such as kube-0";
const nodeSettings =
  "name, host, sshHost, sshPort, user, key, hostKey, sshJump, master, scrapedBy, mayBeOff, labels, nodeExporter, prometheus, exporters";
const anInfluxName = 'must be up to 64 printable characters without " and \\, not beginning with _';
const days = "must be a whole number from 0 to 36500 (0 keeps samples for ever)";
const hours = "must be a whole number from 1 to 720 hours";
const daysToRotate = "must be a whole number from 0 to 3650 days (0 never reports)";
const aDate = "must be a date of UTC, such as 2026-11-23 or 2026-11-23T16:20:00Z";
const aDayOfTheCalendar = "must be a date of the calendar";
const credentials = "telegraf, grafana, ingest, grafanaAdmin, influxdbAdmin";
const aDuration = "must be a Prometheus duration in seconds or minutes, such as 15s or 1m";
const aFlag = "must be true or false";
const anImage = "must be an image with a pinned tag or digest, such as influxdb:2.9.1";
const aChecksum = "must be a SHA-256 checksum of 64 hexadecimal digits";
const aTime = "must be a time of day in UTC, such as 03:15";
const aFolder =
  "must be an absolute path of up to 255 letters, digits, dot, hyphen and underscore, such as /var/backups/pi-monitoring";
const exporterUrl = "https://example.com/exporter";

const mistakes: readonly Mistake[] = [
  { change: { domain: undefined }, found: "domain is missing", allowed: aDomain },
  { change: { domain: "Example.com" }, found: 'domain = "Example.com"', allowed: aDomain },
  ...[`${"d".repeat(64)}.org`, `example.${"d".repeat(64)}`, `${"d.".repeat(121)}org`].map((domain) => ({
    change: { domain },
    found: `domain = ${JSON.stringify(domain).length > 80 ? `${JSON.stringify(domain).slice(0, 77)}...` : JSON.stringify(domain)}`,
    allowed: aDomain,
  })),
  { change: { domain: "localhost" }, found: 'domain = "localhost"', allowed: aDomain },
  { change: { domain: "http://example.com" }, found: 'domain = "http://example.com"', allowed: aDomain },
  { change: { vps: undefined }, found: "vps is missing", allowed: aVps },
  { change: { vps: "elsewhere" }, found: 'vps = "elsewhere"', allowed: aVps },
  { change: withVps({ host: undefined }), found: "vps.host is missing", allowed: aHost },
  {
    change: withVps({ host: "fe80::1%eth0" }),
    found: 'vps.host = "fe80::1%eth0"',
    allowed:
      "must not be a link-local address, which is valid on one network interface only; give its name, or an address that begins with 2, 3, fc or fd",
  },
  { change: withVps({ host: "10.0.0.1:22" }), found: 'vps.host = "10.0.0.1:22"', allowed: aHost },
  ...["10.0.0.256", "10.0.0", "010.0.0.1", "vps.7", "7", "0x7f.1.2.3.4", `${"v".repeat(64)}.example.com`].map(
    (host) => ({
      change: withVps({ host }),
      found: `vps.host = ${JSON.stringify(host)}`,
      allowed: aHost,
    }),
  ),
  ...["/keys/a,b", "/keys/${HOME}"].map((key) => ({
    change: withVps({ key }),
    found: `vps.key = ${JSON.stringify(key)}`,
    allowed: aKey,
  })),
  ...["010.0.0.1", "127.0.0.01", "1.2.3", "1.2.3.4.5", "256.0.0.1"].map((listenAddress) => ({
    change: { nodeExporter: { listenAddress } },
    found: `nodeExporter.listenAddress = "${listenAddress}"`,
    allowed: "must be an IPv4 address of the node, such as 127.0.0.1 or 192.168.1.10",
  })),
  ...[
    ...["influxdb:2.9.1:3", "a//b:2", "a..b:2", "-a:2", "influxdb:", `influxdb:${"t".repeat(129)}`],
    ...[`${"i".repeat(256)}:2`, "influxdb@sha256:abc", "registry:5000/influxdb", "Influxdb:2"],
  ].map((influxdb) => ({
    change: { images: { influxdb } },
    found: `images.influxdb = ${JSON.stringify(influxdb).length > 80 ? `${JSON.stringify(influxdb).slice(0, 77)}...` : JSON.stringify(influxdb)}`,
    allowed: anImage,
  })),
  {
    change: { images: { influxdb: "registry:2/influxdb:3.0" } },
    found: 'images.influxdb = "registry:2/influxdb:3.0"',
    allowed: "must be InfluxDB 2, as version 3 has no Flux",
  },
  {
    change: { existing: { httpsPortal: "p".repeat(64) } },
    found: `existing.httpsPortal = "${"p".repeat(64)}"`,
    allowed:
      "must be a container's name of up to 63 letters, digits, hyphens and underscores, such as https-portal",
  },
  ...["http://influx:0", "http://influx:65536", "http://influx:99999"].map((url) => ({
    change: { influxdb: { url, adminToken: "t" } },
    found: `influxdb.url = "${url}"`,
    allowed:
      "must be a URL in lower case without a path, such as https://eu-central-1-1.aws.cloud2.influxdata.com",
  })),
  { change: withVps({ port: 70000 }), found: "vps.port = 70000", allowed: aPort },
  { change: withVps({ port: "ssh" }), found: 'vps.port = "ssh"', allowed: aPort },
  { change: withVps({ user: "Root!" }), found: 'vps.user = "Root!"', allowed: aUser },
  {
    change: withVps({ key: "/no/such/key" }),
    found: 'vps.key = "/no/such/key"',
    allowed: 'there is no such file; give the path of a private key, or "agent"',
  },
  { change: withVps({ hostKey: undefined }), found: "vps.hostKey is missing", allowed: aHostKey },
  {
    change: withVps({ hostKey: "ssh-ed25519 AAAA root@vps" }),
    found: 'vps.hostKey = "ssh-ed25519 AAAA root@vps"',
    allowed: aHostKey,
  },
  {
    change: withVps({ hostKey: "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ" }),
    found: 'vps.hostKey = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ"',
    allowed:
      "must not be an RSA key, as Pulumi asks for an RSA key's signature with SHA-1, which OpenSSH 8.8 and newer do not give; `npm run trust -- HOST` shows one that works",
  },
  ...[
    "ssh-ed25519 AAAA",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1sPvZx2uGm",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",
    "ecdsa-sha2-nistp256 AAAAC3NzaC1lZDI1NTE5AAAAAA",
  ].map((wrong) => ({
    change: withVps({ hostKey: wrong }),
    found: `vps.hostKey = "${wrong}"`,
    allowed:
      "must be a complete key of the type in front of it; `npm run trust -- HOST` shows one that works",
  })),
  {
    change: withVps({ hostname: "vps" }),
    found: "vps.hostname = …",
    allowed: "is not a setting; here are: host, port, user, key, hostKey",
  },
  { change: { nodes: undefined }, found: "nodes is missing", allowed: aNodeList },
  { change: { nodes: [] }, found: "nodes = []", allowed: "must be a list of at least one node" },
  { change: { nodes: { a: 1 } }, found: 'nodes = {"a":1}', allowed: aNodeList },
  { change: { nodes: '[{"a": 1' }, found: 'nodes = "[{\\"a\\": 1"', allowed: aNodeList },
  {
    change: { nodes: [master, "kube-1"] },
    found: 'nodes[1] = "kube-1"',
    allowed: `must have ${nodeSettings}`,
  },
  { change: { nodes: [master, null] }, found: "nodes[1] = null", allowed: `must have ${nodeSettings}` },
  { change: withNode({ name: undefined }), found: "nodes[1].name is missing", allowed: aNodeName },
  { change: withNode({ name: "Kube_1" }), found: 'nodes[1].name = "Kube_1"', allowed: aNodeName },
  {
    change: withNode({ name: "kube-0" }),
    found: 'nodes[1].name = "kube-0"',
    allowed: "must be unique; nodes[0] has the same",
  },
  { change: withNode({ host: "kube-1:9100" }), found: 'nodes[1].host = "kube-1:9100"', allowed: aHost },
  {
    change: withNode({ host: "kube-0.local" }),
    found: 'nodes[1].host = "kube-0.local"',
    allowed: "must be unique; nodes[0] has the same",
  },
  {
    change: withNode({ sshHost: "kube-0.local" }),
    found: 'nodes[1].sshHost = "kube-0.local"',
    allowed: "must lead to another machine: nodes[0] answers SSH at the same address",
  },
  { change: withNode({ sshHost: "" }), found: 'nodes[1].sshHost = ""', allowed: aHost },
  {
    change: withNode({ sshJump: "home.example.com" }),
    found: 'nodes[1].sshJump = "home.example.com"',
    allowed: "must have host, port, user, key, hostKey",
  },
  {
    change: { sshJump: { host: "home.example.com", key: "agent" } },
    found: "sshJump.hostKey is missing",
    allowed: aHostKey,
  },
  { change: withNode({ sshPort: 22.5 }), found: "nodes[1].sshPort = 22.5", allowed: aPort },
  { change: withNode({ user: "pi; reboot" }), found: 'nodes[1].user = "pi; reboot"', allowed: aUser },
  { change: withNode({ hostKey: "AAAA" }), found: 'nodes[1].hostKey = "AAAA"', allowed: aHostKey },
  {
    change: withNode({ adress: "10.0.0.1" }),
    found: "nodes[1].adress = …",
    allowed: `is not a setting; here are: ${nodeSettings}`,
  },
  { change: withNode({ master: "yes" }), found: 'nodes[1].master = "yes"', allowed: aFlag },
  {
    change: { nodes: [exampleNode("a", { hostKey: "unchecked" })] },
    found: 'nodes = [{"name":"a","host":"a.local","key":"agent","hostKey":"unchecked"}]',
    allowed: "must have a node with master: true",
  },
  {
    change: withNode({ scrapedBy: "kube-1" }),
    found: 'nodes[1].scrapedBy = "kube-1"',
    allowed: "must be the name of a master: kube-0",
  },
  {
    change: withNode({ scrapedBy: 0 }),
    found: "nodes[1].scrapedBy = 0",
    allowed: "must be the name of a master",
  },
  {
    change: withNode({ master: true, scrapedBy: "kube-0" }),
    found: 'nodes[1].scrapedBy = "kube-0"',
    allowed: "must be left out, as a master scrapes itself",
  },
  {
    change: { nodes: [master, exampleNode("kube-1", { master: "true" }), exampleNode("kube-2")] },
    found: "nodes[2].scrapedBy is missing",
    allowed: "must be the name of a master: kube-0, kube-1",
  },
  {
    change: { influxdb: "my-org" },
    found: 'influxdb = "my-org"',
    allowed:
      "must have org, bucket, retentionDays, retentionDays5m, retentionDays1h, adminUser, url, adminToken, " +
      "writeToken, readToken",
  },
  {
    change: { influxdb: { org: 'my "org"' } },
    found: 'influxdb.org = "my \\"org\\""',
    allowed: anInfluxName,
  },
  { change: { influxdb: { org: "" } }, found: 'influxdb.org = ""', allowed: anInfluxName },
  { change: { influxdb: { bucket: "_tasks" } }, found: 'influxdb.bucket = "_tasks"', allowed: anInfluxName },
  { change: { influxdb: { retentionDays: -1 } }, found: "influxdb.retentionDays = -1", allowed: days },
  { change: { influxdb: { retentionDays: null } }, found: "influxdb.retentionDays = null", allowed: days },
  {
    change: { influxdb: { adminUser: "the admin" } },
    found: 'influxdb.adminUser = "the admin"',
    allowed: "must be letters, digits, dot, hyphen and underscore",
  },
  {
    change: { prometheus: { scrapeInterval: "0s" } },
    found: 'prometheus.scrapeInterval = "0s"',
    allowed: aDuration,
  },
  {
    change: { prometheus: { scrapeInterval: 60 } },
    found: "prometheus.scrapeInterval = 60",
    allowed: aDuration,
  },
  {
    change: { prometheus: { monitor: "two\nlines" } },
    found: 'prometheus.monitor = "two\\nlines"',
    allowed: "must be up to 64 printable ASCII characters",
  },
  ...["0", "721", "1.5", "-1", "a day", ""].map((outageHours) => ({
    change: { outageHours },
    found: `outageHours = ${JSON.stringify(outageHours)}`,
    allowed: hours,
  })),
  ...["-1", "3651", "0.5", "never", ""].map((rotateAfterDays) => ({
    change: { rotateAfterDays },
    found: `rotateAfterDays = ${JSON.stringify(rotateAfterDays)}`,
    allowed: daysToRotate,
  })),
  {
    change: { rotated: "2026-11-23" },
    found: 'rotated = "2026-11-23"',
    allowed: `must have ${credentials}`,
  },
  {
    change: { rotated: { influxdb: "2026-11-23" } },
    found: "rotated.influxdb = …",
    allowed: `is not a setting; here are: ${credentials}`,
  },
  ...[20261123, null, "", "today", "1999-11-23", "2026-11-23T16:20:00", "2026-11-23 16:20", "23.11.2026"].map(
    (telegraf) => ({
      change: { rotated: { telegraf } },
      found: `rotated.telegraf = ${JSON.stringify(telegraf)}`,
      allowed: aDate,
    }),
  ),
  ...["2026-13-01", "2026-00-10", "2026-11-00", "2026-11-23T29:00Z", "2026-11-23T16:20:00Z\n"].map(
    (influxdbAdmin) => ({
      change: { rotated: { influxdbAdmin } },
      found: `rotated.influxdbAdmin = ${JSON.stringify(influxdbAdmin)}`,
      allowed: influxdbAdmin.endsWith("\n") ? aDate : aDayOfTheCalendar,
    }),
  ),
  {
    change: { certificates: "letsencrypt" },
    found: 'certificates = "letsencrypt"',
    allowed: "must be production, staging or local",
  },
  {
    change: { names: { grafana: "localhost" } },
    found: 'names.grafana = "localhost"',
    allowed: aDomain,
  },
  {
    change: { names: { grafana: "pi.example.com", telegraf: "pi.example.com" } },
    found: 'names.telegraf = "pi.example.com"',
    allowed: "must be another name than that of grafana",
  },
  {
    change: { names: { grafana: "influxdb.example.com" } },
    found: 'names.grafana = "influxdb.example.com"',
    allowed: "must be another name than that of influxdb",
  },
  { change: { expose: { grafana: "maybe" } }, found: 'expose.grafana = "maybe"', allowed: aFlag },
  {
    change: { expose: { prometheus: true } },
    found: "expose.prometheus = …",
    allowed: "is not a setting; here are: influxdb, grafana, telegraf",
  },
  { change: { images: { influxdb: "influxdb" } }, found: 'images.influxdb = "influxdb"', allowed: anImage },
  {
    change: { images: { influxdb: "influxdb:3.5-core" } },
    found: 'images.influxdb = "influxdb:3.5-core"',
    allowed: "must be InfluxDB 2, as version 3 has no Flux",
  },
  {
    change: { images: { telegraf: "telegraf:latest" } },
    found: 'images.telegraf = "telegraf:latest"',
    allowed: anImage,
  },
  {
    change: { exporter: { url: "ftp://example.com", sha256: "0".repeat(64) } },
    found: 'exporter.url = "ftp://example.com"',
    allowed: "must be an http, https or file URL",
  },
  { change: { exporter: { url: exporterUrl } }, found: "exporter.sha256 is missing", allowed: aChecksum },
  {
    change: { exporter: { url: exporterUrl, sha256: "abc" } },
    found: 'exporter.sha256 = "abc"',
    allowed: aChecksum,
  },
  { change: { keepVolumes: "no" }, found: 'keepVolumes = "no"', allowed: aFlag },
  { change: { backup: { at: "3:15" } }, found: 'backup.at = "3:15"', allowed: aTime },
  { change: { backup: { at: "24:00" } }, found: 'backup.at = "24:00"', allowed: aTime },
  {
    change: { backup: { keep: 0 } },
    found: "backup.keep = 0",
    allowed: "must be a whole number from 1 to 1000",
  },
  { change: { backup: { folder: "backups" } }, found: 'backup.folder = "backups"', allowed: aFolder },
  { change: { backup: { folder: "/a/../b" } }, found: 'backup.folder = "/a/../b"', allowed: aFolder },
  ...(
    [
      [
        "--web.listen-address=:9200",
        "must not say where node_exporter listens: nodeExporter.port and nodeExporter.listenAddress do",
      ],
      ...["--web.config.file=/etc/web.yml", "--web.telemetry-path=/m"].map((each) => [each, isAsked]),
      [
        "--collector.textfile.directory=/x",
        "must not be set, as the program's folder has the Pi's own metrics",
      ],
      ...["--no-collector.textfile", "--no-collector.cpu"].map((each) => [each, isNeeded]),
      ["--collector.disable-defaults", "must not be set, as panels and alerts need most of these collectors"],
      [
        "--path.rootfs=/host",
        "must not be set, as the metrics would be those of another file system than the node's",
      ],
      ["--version", "must not be set, as node_exporter would end at once"],
      ...["collector.systemd", "--collector.netdev.device-exclude ^veth", "--a.b=a\tb", "@/etc/list"].map(
        (each) => [each, someArguments],
      ),
    ] as [string, string][]
  ).map(([argument, allowed]) => ({
    change: withNode({ nodeExporter: { arguments: ["--collector.systemd", argument] } }),
    found: `nodes[1].nodeExporter.arguments[1] = ${JSON.stringify(argument)}`,
    allowed,
  })),
  {
    change: withNode({
      nodeExporter: { arguments: ["--collector.supervisord.url=http://u:hunter22@localhost"] },
    }),
    found: "nodes[1].nodeExporter.arguments[0] = …",
    allowed: "would show a secret to every user of the node",
  },
  {
    change: { nodeExporter: { arguments: "--collector.systemd" } },
    found: 'nodeExporter.arguments = "--collector.systemd"',
    allowed: someArguments,
  },
  {
    change: { nodeExporter: { arguments: ["--collector.wifi", "--no-collector.wifi"] } },
    found: 'nodeExporter.arguments[1] = "--no-collector.wifi"',
    allowed: "must stand there once, and --collector.wifi is about the same",
  },
  {
    change: { nodeExporter: { port: 80 } },
    found: "nodeExporter.port = 80",
    allowed: "must be a whole number from 1024 to 65535",
  },
  {
    change: { prometheus: { listenAddress: "192.168.1.256" } },
    found: 'prometheus.listenAddress = "192.168.1.256"',
    allowed: "must be an IPv4 address of the node, such as 127.0.0.1 or 192.168.1.10",
  },
  {
    change: { nodeExporter: { port: 9090 }, nodes: [exampleNode("kube-0", { master: true })] },
    found: "nodes[0].nodeExporter.port is missing",
    allowed: "must not be Prometheus's port on this master, 9090",
  },
  {
    change: {
      nodes: [master, exampleNode("kube-1", { nodeExporter: { listenAddress: "127.0.0.1" } })],
    },
    found: 'nodes[1].nodeExporter.listenAddress = "127.0.0.1"',
    allowed: "must be an address that its master can reach; a loopback one serves on a master only",
  },
  {
    change: { nodes: [master, exampleNode("kube-1", { prometheus: { port: 9091 } })] },
    found: 'nodes[1].prometheus = {"port":9091}',
    allowed: "is for a master, which runs Prometheus",
  },
  {
    change: { exporters: { blackbox: {}, fritzbox: { port: 9042 } } },
    found: "exporters.fritzbox = …",
    allowed:
      "is no exporter that this program has; it has: apache, bind, blackbox, mqtt, nginx, postgres, process, redis, snmp, tplink-plug",
  },
  {
    change: { exporters: ["blackbox"] },
    found: 'exporters = ["blackbox"]',
    allowed: "must be an object with the names of exporters as its keys",
  },
  {
    change: { exporters: { blackbox: true } },
    found: "exporters.blackbox = true",
    allowed: "must have port, arguments",
  },
  {
    change: { exporters: { blackbox: false } },
    found: "exporters.blackbox = false",
    allowed: "must have port, arguments",
  },
  {
    change: { nodes: [{ ...master, exporters: { blackbox: true } }] },
    found: "nodes[0].exporters.blackbox = true",
    allowed: "must be false, or have port, arguments",
  },
  {
    change: { nodes: [{ ...master, exporters: { blackbox: { port: 80 } } }] },
    found: "nodes[0].exporters.blackbox.port = 80",
    allowed: "must be a whole number from 1024 to 65535",
  },
  {
    change: { exporters: { blackbox: { port: 80 } } },
    found: "exporters.blackbox.port = 80",
    allowed: "must be a whole number from 1024 to 65535",
  },
  {
    change: { exporters: { snmp: { port: 9115 }, blackbox: {} }, nodes: [master] },
    found: "nodes[0].exporters.snmp.port is missing",
    allowed: "must be another port than that of the exporter blackbox on this node, 9115",
  },
  {
    change: { nodeExporter: { port: 9115 }, nodes: [{ ...master, exporters: { blackbox: {} } }] },
    found: "nodes[0].exporters.blackbox.port is missing",
    allowed: "must be another port than that of node_exporter on this node, 9115",
  },
  {
    change: { nodes: [{ ...master, exporters: { redis: { port: 9090 } } }] },
    found: "nodes[0].exporters.redis.port = 9090",
    allowed: "must be another port than that of Prometheus on this node, 9090",
  },
  ...["log.level=debug", "--log level", "@/etc/arguments", "--x=\u0007"].map((argument) => ({
    change: { exporters: { blackbox: { arguments: [argument] } } },
    found: `exporters.blackbox.arguments[0] = ${JSON.stringify(argument)}`,
    allowed: "must be a flag with its value, such as --log.level=debug",
  })),
  ...[
    "--web.listen-address=:9999",
    "--listen-address=::",
    "--listen-port=9999",
    "--telemetry.address=:9999",
    "--metrics.listen-addr=:9999",
    "--web.systemd-socket",
  ].map((argument) => ({
    change: { nodes: [{ ...master, exporters: { mqtt: { arguments: [argument] } } }] },
    found: `nodes[0].exporters.mqtt.arguments[0] = "${argument}"`,
    allowed: "is set by this program: `port` is the port, and nodeExporter.listenAddress the address",
  })),
  ...[
    "--web.telemetry-path=/x",
    "--telemetry.endpoint=/x",
    "--web.route-prefix=/x",
    "--web.external-url=/x",
  ].map((argument) => ({
    change: { exporters: { apache: { arguments: [argument] } } },
    found: `exporters.apache.arguments[0] = "${argument}"`,
    allowed: "must be left out, as Prometheus asks for /metrics",
  })),
  ...[
    "--web.config.file=/x",
    "--web.config=/x",
    "--web-config-file=/x",
    "--web.secured-metrics",
    "--tls-server-key-file=/x",
  ].map((argument) => ({
    change: { exporters: { redis: { arguments: [argument] } } },
    found: `exporters.redis.arguments[0] = "${argument}"`,
    allowed: "must be left out, as Prometheus asks by plain HTTP and without a password",
  })),
  ...[
    "--redis.password=hunter2",
    "--basic-auth-password=hunter2",
    "--redis.addr=redis://:hunter2@localhost",
    "--scrape_uri=https://user:hunter2@localhost/server-status",
    '--custom_headers={"Authorization":"hunter2"}',
  ].map((argument) => ({
    change: { exporters: { redis: { arguments: [argument] } } },
    found: "exporters.redis.arguments[0] = …",
    allowed:
      "would show a secret to every user of the node; docs/exporters.md says which exporter reads one from a file",
  })),
  {
    change: { vps: "local", backup: { at: "03:15" } },
    found: 'backup.at = "03:15"',
    allowed: "takes a VPS: with vps: local, leave it out and run `npm run backup` by a timer of your own",
  },
  {
    change: { contactPoints: { telegram: { token: "1:a" } } },
    found: "contactPoints.telegram.chatId is missing",
    allowed: "must be the id of a chat",
  },
  {
    change: { contactPoints: { telegram: { token: "1:a", chatId: true } } },
    found: "contactPoints.telegram.chatId = …",
    allowed: "must be the id of a chat",
  },
  {
    change: { vps: "local", backup: "03:15" },
    found: 'backup = "03:15"',
    allowed: "must have at, keep, folder",
  },
  {
    change: { domian: "example.com" },
    found: "domian = …",
    allowed:
      "is not a setting; here are: domain, names, vps, nodes, sshJump, influxdb, existing, ingress, prometheus, nodeExporter, exporters, scrape, outageHours, rotateAfterDays, " +
      "rotated, certificates, expose, images, exporter, keepVolumes, contactPoints, alerts, presets, grafana, backup",
  },
];

describe("a mistake is one line", () => {
  test.each(mistakes)("$found", ({ change, found, allowed }) => {
    expect(errorOf({ ...smallest, ...change })?.mistakes).toEqual([`pi-monitoring:${found}: ${allowed}`]);
  });
});

test.each([
  { contactPoint: { telegram: { token: "SECRET" } } },
  { influxDB: { adminToken: "SECRET" } },
  { grafana: { adminPassword: "SECRET" } },
  { vps: { host: "vps.example.com", key: "agent", hostKey, password: "SECRET" } },
  { nodes: [exampleNode("kube-0", { master: true, sudoPassword: "SECRET" })] },
  { domain: "https://user:SECRET@example.com" },
  { influxdb: { url: "https://user:SECRET@influx.example.com", adminToken: "t" } },
  { exporter: { url: "ftp://SECRET@example.com/raspberrypi_exporter", sha256: "0".repeat(64) } },
])("the value of what is not a setting, or has a password in it, is not shown: %j", (change) => {
  const error = errorOf({ ...smallest, ...change });
  expect(error?.mistakes).toHaveLength(1);
  expect(error?.message).not.toContain("SECRET");
});

test("all mistakes are reported together, in a message without a stack trace", () => {
  const error = errorOf({
    domain: "localhost",
    vps: { host: "vps.example.com", port: 0, key: "agent", hostKey },
    nodes: [exampleNode("kube-0", { adress: "10.0.0.1" }), exampleNode("kube-0", { user: "Pi" })],
  });
  expect(error?.message.split("\n")).toEqual([
    "The settings in Pulumi.production.yaml cannot be used:",
    `  pi-monitoring:domain = "localhost": ${aDomain}`,
    `  pi-monitoring:vps.port = 0: ${aPort}`,
    "  pi-monitoring:nodes[0].adress = …: is not a setting; here are: " + nodeSettings,
    `  pi-monitoring:nodes[1].user = "Pi": ${aUser}`,
    '  pi-monitoring:nodes[1].name = "kube-0": must be unique; nodes[0] has the same',
    '  pi-monitoring:nodes[1].host = "kube-0.local": must be unique; nodes[0] has the same',
    expect.stringMatching(/^ {2}pi-monitoring:nodes = .*: must have a node with master: true$/),
  ]);
  // Pulumi shows the message of this class of errors and nothing else.
  expect(pulumi.RunError.isInstance(error)).toBe(true);
});

test("whatever is in the configuration, it is used or refused line by line", () => {
  const anySettings = fc.dictionary(
    fc.oneof(fc.constantFrom(...Object.keys(exampleSettings())), fc.string()),
    fc.oneof(fc.jsonValue(), fc.string({ unit: "binary" })),
  );
  fc.assert(
    fc.property(anySettings, (settings) => {
      const { message = "", mistakes: lines = [] } = errorOf({ ...smallest, ...settings }) ?? {};
      expect(message.split("\n")).toHaveLength(lines.length === 0 ? 1 : lines.length + 1);
    }),
  );
});

test.each([
  [{ retentionDays: 30, retentionDays5m: 30, retentionDays1h: 30 }, []],
  [{ retentionDays: 0, retentionDays5m: 0, retentionDays1h: 0 }, []],
  [
    { retentionDays: 400, retentionDays5m: 399 },
    [
      "pi-monitoring:influxdb.retentionDays5m = 399: must not be less than the days that finer values are kept",
    ],
  ],
  [
    { retentionDays: 0, retentionDays5m: 1095 },
    [
      "pi-monitoring:influxdb.retentionDays5m = 1095: must not be less than the days that finer values are kept",
    ],
  ],
  [
    { retentionDays1h: 1000 },
    [
      "pi-monitoring:influxdb.retentionDays1h = 1000: must not be less than the days that finer values are kept",
    ],
  ],
])("coarser values are kept as long as finer ones: %j", (influxdb, expected) => {
  let found: readonly string[] = [];
  try {
    exampleSettings({ influxdb });
  } catch (error) {
    found = (error as UserError).mistakes;
  }
  expect(found).toEqual(expected);
});

describe("an InfluxDB that is there already", () => {
  const url = "https://eu-central-1-1.aws.cloud2.influxdata.com";
  const [adminToken, writeToken, readToken] = ["ADMIN==", "WRITE==", "READ=="];
  const volumes = { influxdb: "influxdb2" };

  test.each([
    { influxdb: { url, adminToken } },
    {
      influxdb: { url: "http://influxdb:8086", adminToken },
      existing: { networks: { influxdb: "influxdb" } },
    },
    { influxdb: { url, writeToken, readToken } },
    { influxdb: { adminToken }, existing: { volumes } },
    // One that was made ahead and is empty.
    { existing: { volumes } },
  ])("can be used: %j", (change) => {
    expect(errorOf({ ...smallest, ...change })).toBeUndefined();
  });

  const isGiven = "is for an external InfluxDB: give its influxdb.url";
  const isMade = "is one of those that are made by influxdb.adminToken: leave one of the two out";
  test.each<[object, string[]]>([
    [
      { influxdb: { url } },
      [`influxdb.url = "${url}": takes influxdb.adminToken, or influxdb.writeToken and influxdb.readToken`],
    ],
    [
      { influxdb: { url, writeToken } },
      ["influxdb.readToken is missing: an external InfluxDB takes both tokens, or influxdb.adminToken"],
    ],
    [
      { influxdb: { url, readToken } },
      ["influxdb.writeToken is missing: an external InfluxDB takes both tokens, or influxdb.adminToken"],
    ],
    [
      { influxdb: { url, adminToken, writeToken, readToken } },
      [`influxdb.writeToken = …: ${isMade}`, `influxdb.readToken = …: ${isMade}`],
    ],
    [
      { influxdb: { writeToken, readToken } },
      [`influxdb.writeToken = …: ${isGiven}`, `influxdb.readToken = …: ${isGiven}`],
    ],
    [
      { influxdb: { adminToken } },
      [
        "influxdb.adminToken = …: is for an existing InfluxDB: give its influxdb.url, or its volume as existing.volumes.influxdb",
      ],
    ],
    [
      { influxdb: { url, adminToken }, existing: { volumes } },
      [
        'existing.volumes.influxdb = "influxdb2": is for an InfluxDB that this program runs, and influxdb.url for one that it does not: leave one of the two out',
      ],
    ],
    [
      { influxdb: { url: `${url}/`, adminToken } },
      [
        `influxdb.url = "${url}/": must be a URL in lower case without a path, such as https://eu-central-1-1.aws.cloud2.influxdata.com`,
      ],
    ],
    [
      { existing: { networks: { influxdb: "a network" } } },
      [
        'existing.networks.influxdb = "a network": must be a name of Docker\'s: letters, digits, dot, hyphen and underscore, such as influxdb',
      ],
    ],
  ])("is reported in one way: %j", (change, expected) => {
    expect(errorOf({ ...smallest, ...change })?.mistakes).toEqual(
      expected.map((each) => `pi-monitoring:${each}`),
    );
  });

  test.each([
    { url, adminToken: "TOP SECRET" },
    { url, adminToken: ["TOP-SECRET"] },
    { url, writeToken: "TOP\nSECRET", readToken },
    { url, admintoken: "TOP-SECRET", adminToken },
    { url, adminKey: "TOP-SECRET", adminToken },
    '{"adminToken": "TOP-SECRET"',
  ])("has tokens that no message shows, whatever is wrong: %j", (influxdb) => {
    const { message = "" } = errorOf({ ...smallest, influxdb }) ?? {};
    expect(message).toMatch(/pi-monitoring:influxdb\S* = …: /);
    expect(message).not.toContain("SECRET");
  });
});

describe("a web server on the server", () => {
  const loopback = { grafana: 3000, telegraf: 8080, influxdb: 8086 };
  let ca: string;

  beforeAll(() => {
    ca = makeCertificate(folder, "example.com").certificate;
  });

  test.each<object>([
    {},
    { grafana: 1024 },
    { grafana: 3000, telegraf: "8080" },
    { grafana: 3000, telegraf: 65535, influxdb: 8086 },
  ])("can have the services on ports %j", (ports) => {
    expect(errorOf({ ...smallest, ingress: { loopback: ports } })).toBeUndefined();
  });

  test("can have certificates of an authority of its own, and of a second one", () => {
    for (const each of [ca, ca.trim(), ca + ca]) {
      expect(errorOf({ ...smallest, ingress: { loopback, ca: each } })).toBeUndefined();
    }
  });

  const isForPortal = "is for https-portal, which ingress.loopback leaves out: leave it out";
  const isPort = "must be a whole number from 1024 to 65535";
  test.each<[object, string[]]>([
    [{ ingress: { loopback: { grafana: 443 } } }, [`ingress.loopback.grafana = 443: ${isPort}`]],
    [{ ingress: { loopback: { grafana: 65536 } } }, [`ingress.loopback.grafana = 65536: ${isPort}`]],
    [
      { ingress: { loopback: { prometheus: 9090 } } },
      ["ingress.loopback.prometheus = …: is not a setting; here are: influxdb, grafana, telegraf"],
    ],
    [
      { ingress: { loopback: { grafana: 3000, telegraf: 3000, influxdb: 3000 } } },
      [
        "ingress.loopback.grafana = 3000: must be another port than that of influxdb",
        "ingress.loopback.telegraf = 3000: must be another port than that of influxdb",
      ],
    ],
    [
      { ingress: { loopback }, existing: { httpsPortal: "portal" } },
      [
        'existing.httpsPortal = "portal": is one way to the services, and ingress.loopback is another: leave one of the two out',
      ],
    ],
    [
      { ingress: { loopback }, certificates: "local", expose: { influxdb: "false" } },
      [
        `certificates = "local": ${isForPortal}; the web server has its own certificates, and ingress.ca says who signs them`,
        `expose = {"influxdb":"false"}: ${isForPortal}; a service without a port is not exposed`,
      ],
    ],
    [
      { ingress: { loopback }, influxdb: { url: "https://influxdb.example.org", adminToken: "TOKEN" } },
      [
        "ingress.loopback.influxdb = 8086: is for an InfluxDB on the server, and influxdb.url is elsewhere: leave it out",
      ],
    ],
    [
      { ingress: { loopback, ca: "/etc/ssl/ca.pem" } },
      [
        'ingress.ca = "/etc/ssl/ca.pem": must be one or more certificates in PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----, and nothing else',
      ],
    ],
    [
      { ingress: { loopback, ca: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n" } },
      [
        String.raw`ingress.ca = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n": must be one or more certificates in PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----, and nothing else`,
      ],
    ],
  ])("is reported in one way: %j", (change, expected) => {
    expect(errorOf({ ...smallest, ...change })?.mistakes).toEqual(
      expected.map((each) => `pi-monitoring:${each}`),
    );
  });

  test("has an authority only where the services are on its ports", () => {
    expect(errorOf({ ...smallest, ingress: { ca } })?.mistakes).toEqual([
      expect.stringMatching(
        /^pi-monitoring:ingress\.ca = .*: is for the certificate of a web server on the server: give ingress\.loopback, or leave it out$/,
      ),
    ]);
  });
});

describe("what the settings say of contact points", () => {
  const mistakes = (contactPoints: unknown): string[] => {
    try {
      exampleSettings({ contactPoints });
      return [];
    } catch (error) {
      return [...(error as UserError).mistakes];
    }
  };

  test("may be every kind at once", () => {
    const contactPoints = allContactPoints("https://example.com/hook");
    expect(exampleSettings({ contactPoints }).contactPoints).toEqual(contactPoints);
  });

  test.each([
    { slack: { url: "hooks.slack.com/TOP-SECRET" } },
    { telegram: { token: "TOP-SECRET", chatId: "1" } },
    { telegram: { token: "1:a", chatId: "TOP-SECRET" } },
    { email: { to: ["TOP-SECRET"], from: "a@example.com", host: "smtp.example.com:25" } },
    { webhook: "TOP-SECRET" },
    { webhook: { url: "https://example.com/$TOP-SECRET" } },
    { ntfy: { url: "https://ntfy.sh/a", tokens: "TOP-SECRET" } },
  ])("is never shown, whatever is wrong with it: %j", (contactPoints) => {
    const found = mistakes(contactPoints);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^pi-monitoring:contactPoints\.\w+\S* = …: (must|is not)/);
    expect(found[0]).not.toContain("SECRET");
  });
});

const { email } = allContactPoints("https://example.com");

test.each(["pi$HOME", "pi%(x)s", "${x}"])(
  "the user %s of a mail server is refused, as Grafana expands it",
  (user) => {
    expect(() => exampleSettings({ contactPoints: { email: { ...email, user } } })).toThrow(
      "contactPoints.email.user",
    );
  },
);

test.each([
  "grafana/grafana:12.4.10-slim",
  "grafana/grafana:13.2.3-distroless",
  "grafana/grafana:12.4.10-slim-ubuntu",
])("the image %s is refused, as it lacks what is needed", (grafana) => {
  expect(() => exampleSettings({ images: { grafana } })).toThrow("must be a full image");
});

test("the image is of the last minor version of Grafana 12, and a full one", () => {
  expect(defaultImages.grafana).toMatch(/^grafana\/grafana:12\.4\.[0-9]+$/);
});

test("the jump host of one node comes before that of all", () => {
  const jump = (host: string) => ({ host, key: "agent", hostKey });
  const nodes = [master, exampleNode("kube-1", { sshJump: jump("attic.example.com") })];
  const filled = (host: string) => ({ ...jump(host), port: 22, user: "pi" });
  const found = exampleSettings({ nodes, sshJump: jump("home.example.com") });
  expect(found.nodes.map(({ sshJump }) => sshJump)).toEqual([
    filled("home.example.com"),
    filled("attic.example.com"),
  ]);
  expect(exampleSettings({ nodes }).nodes[0]?.sshJump).toBeUndefined();
});
