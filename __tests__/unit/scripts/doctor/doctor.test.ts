import { join } from "node:path";
import { rules } from "../../../../components/alerts/rules";
import { sha256 } from "../../../../components/sha256";
import { acceptedCredential } from "../../../../components/server/ingress/ingestCredential";
import { credentialsFolder } from "../../../../components/server/ingress/ingestEndpoint";
import {
  containerDifferences,
  type ContainerInputs,
} from "../../../../scripts/doctor/server/containerDifferences";
import type { ContainerFacts } from "../../../../scripts/doctor/server/engine";
import { ingestFindings } from "../../../../scripts/doctor/server/credentials";
import { adminLogin, influxFindings } from "../../../../scripts/doctor/server/influxDb";
import { pipelineFindings } from "../../../../scripts/doctor/server/samples";
import type { Finding } from "../../../../scripts/doctor/findings";
import { imagesBehind, olderImages } from "../../../../scripts/doctor/server/images";
import type { Settings } from "../../../../components/settings/settings";
import { makeCertificate } from "../../../support/certificate";
import { exampleSettings } from "../../../support/exampleSettings";
import { loadedStack } from "../../../support/loadedStack";
import { temporaryFolder } from "../../../support/temporaryFolder";
import { renderTask, coarserBuckets } from "../../../../components/server/influxdb/downsampling";

const folder = temporaryFolder();
const settings = exampleSettings();
const known = loadedStack({
  settings,
  resources: ["telegraf", "grafana"].map((name) => ({
    urn: `urn:pulumi:test::x::y::server-${name}-token-authorization`,
    type: "command:local:Command",
    outputs: { stdout: `${name}-id\nTOKEN` },
  })),
});

describe("a container", () => {
  const inputs: ContainerInputs = {
    name: "telegraf",
    image: "sha256:1",
    hostname: "telegraf",
    restart: "unless-stopped",
    networksAdvanced: [{ name: "telegraf", aliases: ["telegraf"] }],
    volumes: [{ volumeName: "telegraf", containerPath: "/var/lib/telegraf" }],
    envs: ["A=1"],
    ports: [{ internal: 80, external: 80 }],
    healthcheck: { tests: ["CMD", "true"] },
    memory: 1,
    memorySwap: 1,
    stopSignal: "SIGTERM",
    stopTimeout: 30,
    logDriver: "json-file",
    logOpts: { "max-size": "10m", "max-file": "3" },
    labels: [{ label: "pi-monitoring.stack", value: "test" }],
  };
  const facts: ContainerFacts = {
    Id: "1",
    Name: "/telegraf",
    Image: "sha256:1",
    State: { Status: "running", Health: { Status: "healthy" } },
    Config: {
      Hostname: "telegraf",
      Entrypoint: ["/init"],
      Env: ["A=1", "PATH=/bin"],
      Labels: { "pi-monitoring.stack": "test", other: "x" },
      Healthcheck: { Test: ["CMD", "true"] },
      StopSignal: "SIGTERM",
      StopTimeout: 30,
    },
    HostConfig: {
      RestartPolicy: { Name: "unless-stopped" },
      Memory: 1024 * 1024,
      MemorySwap: 1024 * 1024,
      PortBindings: { "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "80" }] },
      LogConfig: { Type: "json-file", Config: { "max-file": "3", "max-size": "10m" } },
    },
    Mounts: [{ Name: "telegraf", Destination: "/var/lib/telegraf" }],
    NetworkSettings: { Networks: { telegraf: { Aliases: ["telegraf", "0123"] } } },
  };

  test.each([
    ["0.0.0.0", '["3000:3000/tcp"]'],
    ["192.168.1.2", '["192.168.1.2:3000:3000/tcp"]'],
  ])("a port of 127.0.0.1 that is on %s differs", (HostIp, shown) => {
    const ports = [{ internal: 3000, external: 3000, ip: "127.0.0.1" }];
    const is = {
      ...facts,
      HostConfig: { ...facts.HostConfig, PortBindings: { "3000/tcp": [{ HostIp, HostPort: "3000" }] } },
    };
    expect(containerDifferences({ ...inputs, ports }, is)).toEqual([
      `its list of ports is ${shown}, and should be ["127.0.0.1:3000:3000/tcp"]`,
    ]);
  });

  test("that is as it was made differs in nothing", () => {
    expect(containerDifferences(inputs, facts)).toEqual([]);
  });

  test("that was made without a stop signal has that of its image", () => {
    const { stopSignal, ...earlier } = inputs;
    expect(stopSignal).toBe("SIGTERM");
    const image = { ...facts, Config: { ...facts.Config, StopSignal: "SIGQUIT" } };
    expect(containerDifferences(earlier, image)).toEqual([]);
  });

  test.each<[string, Partial<ContainerFacts>]>([
    ["its image is", { Image: "sha256:2" }],
    ["it is not on the network telegraf", { NetworkSettings: { Networks: {} } }],
    [
      "it has another name on the network",
      { NetworkSettings: { Networks: { telegraf: { Aliases: null } } } },
    ],
    [
      "it is on the network bridge",
      { NetworkSettings: { Networks: { ...facts.NetworkSettings.Networks, bridge: { Aliases: null } } } },
    ],
    ["the volume telegraf is not mounted", { Mounts: [] }],
    ["its environment has another A", { Config: { ...facts.Config, Env: [] } }],
    ["its host name is", { Config: { ...facts.Config, Hostname: "x" } }],
    ["its label pi-monitoring.stack is", { Config: { ...facts.Config, Labels: {} } }],
    ["its health check is", { Config: { ...facts.Config, Healthcheck: { Test: ["NONE"] } } }],
    ["its stop signal is", { Config: { ...facts.Config, StopSignal: "SIGQUIT" } }],
    ["its restart policy is", { HostConfig: { ...facts.HostConfig, RestartPolicy: { Name: "no" } } }],
    ["its memory limit is", { HostConfig: { ...facts.HostConfig, Memory: 0 } }],
    ["its list of ports is", { HostConfig: { ...facts.HostConfig, PortBindings: null } }],
    ["its log is", { HostConfig: { ...facts.HostConfig, LogConfig: { Type: "none", Config: {} } } }],
  ])("that was changed is named: %s", (problem, change) => {
    expect(containerDifferences(inputs, { ...facts, ...change })).toEqual([expect.stringContaining(problem)]);
  });
});

describe("of the files for ingest, only that of the credential in force is right", () => {
  const { name, content } = acceptedCredential("kube-0", "CREDENTIAL");
  const findings = (files: [string, string][], stack = known): Finding[] =>
    ingestFindings(stack, new Map(files.map(([file, sum]) => [join(credentialsFolder, file), sum])));

  test.each<[string, [string, string][], string[]]>([
    ["that file", [[name, sha256(content)]], []],
    ["no file", [], ["its file in the container https-portal is missing"]],
    [
      "another content",
      [[name, sha256("other")]],
      ["its file in the container https-portal differs from what was deployed"],
    ],
    [
      "another file",
      [
        [name, sha256(content)],
        ["stray.conf", ""],
      ],
      ["the container https-portal accepts another one, by its file stray.conf"],
    ],
    [
      "a file that nginx does not read",
      [
        [name, sha256(content)],
        [`${name}.new`, ""],
      ],
      [`the container https-portal has an unknown file ${name}.new`],
    ],
  ])("%s", (_, files, problems) => {
    expect(findings(files).map(({ problem }) => problem)).toEqual(problems);
  });

  test("behind another front, its container is named", () => {
    const behind = exampleSettings({ ingress: { loopback: { grafana: 3000 } } });
    expect(findings([], { ...known, settings: behind })).toMatchObject([
      { problem: "its file in the container ingress is missing" },
    ]);
  });

  test("without a credential of a master, there is no repair, and a deploy makes one", () => {
    const { ingestCredentials, ...outputs } = known.outputs;
    expect(ingestCredentials).toBeDefined();
    expect(findings([["stray.conf", ""]], { ...known, outputs })).toEqual([
      {
        subject: "credential ingest",
        problem: "the container https-portal accepts another one, by its file stray.conf",
        remedy: "`npm run deploy -- home` makes a credential for each master",
      },
    ]);
  });
});

describe("InfluxDB", () => {
  const days = (number: number) => [{ everySeconds: number * 24 * 3600 }];
  const buckets = [
    { id: "0", name: "prometheus", retentionRules: days(365) },
    { id: "1", name: "prometheus_5m", retentionRules: days(1095) },
    { id: "2", name: "prometheus_1h", retentionRules: [] },
  ];
  const tasks = coarserBuckets(settings).map((bucket) => {
    const name = `test: ${bucket.target}`;
    return { name, status: "active", flux: renderTask(name, bucket, settings) };
  });
  const token = (name: string, action: string, ids: string[]) => ({
    id: `${name}-id`,
    description: `test: ${name}`,
    status: "active",
    permissions: ids.map((id) => ({ action, resource: { id } })),
  });
  const authorizations = [token("telegraf", "write", ["0"]), token("grafana", "read", ["0", "1", "2"])];
  const facts = { buckets, tasks, authorizations };
  const found = (change: object): string[] =>
    influxFindings(known, { ...facts, ...change }).map(({ subject, problem }) => `${subject}: ${problem}`);

  test("as the program has left it gives no finding", () => {
    expect(found({})).toEqual([]);
  });

  test.each([
    [
      "bucket prometheus_1h: it is gone",
      {
        buckets: buckets.slice(0, 2),
        authorizations: [authorizations[0], token("grafana", "read", ["0", "1", ""])],
      },
    ],
    [
      "bucket prometheus_1h: it keeps data for 1 days instead of",
      { buckets: [...buckets.slice(0, 2), { ...buckets[2], retentionRules: days(1) }] },
    ],
    ["task test: prometheus_1h: it is gone", { tasks: tasks.slice(0, 1) }],
    ["task test: prometheus_1h: it is inactive", { tasks: [tasks[0], { ...tasks[1], status: "inactive" }] }],
    ["task test: prometheus_1h: it differs", { tasks: [tasks[0], { ...tasks[1], flux: "" }] }],
    ["token telegraf: it was revoked", { authorizations: authorizations.slice(1) }],
    [
      "token grafana: its rights differ: it should only read",
      { authorizations: [authorizations[0], token("grafana", "read", ["0"])] },
    ],
    [
      "token test: telegraf: the token old-id is not used any more",
      { authorizations: [...authorizations, { ...token("telegraf", "write", ["0"]), id: "old-id" }] },
    ],
  ])("that was changed: %s", (finding, change) => {
    expect(found(change)).toEqual([expect.stringContaining(finding)]);
  });

  test("of the user's may keep coarser buckets of the user's for another time, and not the program's", () => {
    const influxdb = { url: "http://influxdb:8086", adminToken: "a" };
    const external = { ...known, settings: exampleSettings({ influxdb }) };
    const problems = (description: string): string[] => {
      const others = buckets.map((each) => ({ ...each, description, retentionRules: days(7) }));
      return influxFindings(external, { ...facts, buckets: others }).map(({ subject }) => subject);
    };
    expect(problems("mine")).toEqual([]);
    expect(problems("Made by pi-monitoring")).toEqual(["bucket prometheus_5m", "bucket prometheus_1h"]);
  });

  test("may have other tokens, also such as begin with the stack's name", () => {
    const others = ["mine", "test: mine"].map((description) => ({ ...token("x", "read", []), description }));
    expect(found({ authorizations: [...authorizations, ...others] })).toEqual([]);
  });
});

test("samples that Telegraf drops, and certificates that expire, are reported", () => {
  const rows = [
    { name: "dropped", _value: 0 },
    { name: "grafana.example.com", _value: 60 * 24 * 3600 },
  ];
  expect(pipelineFindings(settings, rows)).toEqual([]);
  const bad = rows.map((row) => ({ ...row, _value: 3 * 24 * 3600 }));
  expect(pipelineFindings(settings, bad).map(({ subject, problem }) => `${subject}: ${problem}`)).toEqual([
    "telegraf: it has dropped 259200 points in the last 240 s",
    "grafana.example.com: its certificate ends in 3.0 days",
  ]);
  const ofFormerNames = [{ name: "grafana.former.example.com", _value: 3600 }];
  expect(pipelineFindings(settings, ofFormerNames)).toEqual([]);
  const expired = [{ name: "grafana.example.com", _value: -3600 }];
  expect(pipelineFindings(settings, expired).map(({ problem }) => problem)).toEqual([
    "its certificate has expired",
  ]);
});

test.each([
  ["of a public authority is", false],
  ["of an authority of the user's own, which may sign for hours, is not", true],
])("that a certificate %s reported to end, behind a web server of the user's", (_, isOwn) => {
  const ca = isOwn ? { ca: makeCertificate(folder, "example.com").certificate } : {};
  const behind = exampleSettings({ ingress: { loopback: { grafana: 3000 }, ...ca } });
  const rows = [{ name: "grafana.example.com", _value: 3 * 24 * 3600 }];
  const found = pipelineFindings(behind, rows);
  expect(found.map(({ problem }) => problem)).toEqual(isOwn ? [] : ["its certificate ends in 3.0 days"]);
  expect(rules(behind, {}).find(({ uid }) => uid === "certificate")?.paused).toBe(isOwn);
});

test("an image that is older than the program's is worth knowing, and no other", () => {
  const images = { influxdb: "influxdb:2.9.0", telegraf: "telegraf:1.40.0", grafana: "mine/grafana:1.0.0" };
  expect(olderImages(exampleSettings({ images }))).toEqual([
    "the settings pin influxdb:2.9.0; this program has influxdb:2.9.1",
  ]);
});

describe("an image that no `up` has taken up", () => {
  const behind = (stackSettings: Settings, taken: readonly string[]): string[] =>
    imagesBehind({
      ...known,
      settings: stackSettings,
      resources: taken.map((name) => ({
        urn: `urn:pulumi:test::x::docker:index/remoteImage:RemoteImage::${name}`,
        type: "docker:index/remoteImage:RemoteImage",
        inputs: { name },
      })),
    }).map(({ subject }) => subject);
  const { influxdb, ...others } = settings.images;

  test("is found", () => {
    expect(behind(settings, [...Object.values(others), "influxdb:2.7.0"])).toEqual([influxdb]);
    expect(behind(settings, Object.values(settings.images))).toEqual([]);
  });

  test("is not expected of an external InfluxDB", () => {
    const external = { url: "http://influxdb:8086", writeToken: "w", readToken: "r" };
    expect(behind(exampleSettings({ influxdb: external }), Object.values(others))).toEqual([]);
  });
});

test.each([
  {
    what: "the program has set up",
    influxdb: {},
    login: { adminUser: "admin", adminPassword: "PASSWORD" },
  },
  {
    what: "was set up by hand on a volume",
    influxdb: { adminToken: "TOKEN", org: "o", bucket: "b" },
    existing: { volumes: { influxdb: "influxdb2" } },
    login: { adminToken: "TOKEN", apiUrl: "http://localhost:8086" },
  },
  {
    what: "is external",
    influxdb: { url: "https://influxdb.example.org", adminToken: "TOKEN", org: "o", bucket: "b" },
    login: { adminToken: "TOKEN", apiUrl: "https://influxdb.example.org" },
  },
])("doctor logs in to an InfluxDB that $what", ({ influxdb, existing = {}, login }) => {
  expect(adminLogin(exampleSettings({ influxdb, existing }).influxdb, "PASSWORD")).toEqual(login);
});
