import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../../components/userError";
import { eventually } from "../support/eventually";
import { configuration, smallest } from "../support/exampleSettings";
import { ownFolder } from "../support/ownFolder";
import { type RecordedResource, recordResources } from "../support/recordResources";
import { temporaryFolder } from "../support/temporaryFolder";

const folder = temporaryFolder();

function loadProgram(): Promise<Record<string, unknown>> {
  return Promise.resolve().then(() => jest.requireActual("../../index"));
}

test("a wrong setting ends the program before any resource", async () => {
  pulumi.runtime.setAllConfig(configuration({ ...smallest, domain: "localhost" }));
  const resources = await recordResources(() => expect(loadProgram()).rejects.toThrow(UserError));
  expect(resources).toEqual([]);
});

test("a wrong dashboard and a wrong rule end the program before any resource", async () => {
  const rules = ownFolder(folder, { "a.yaml": "policies: []\n", "b.yaml": "groups: [" });
  const dashboards = ownFolder(folder, { "a.json": "{}" });
  pulumi.runtime.setAllConfig(configuration({ ...smallest, grafana: { rules, dashboards } }));
  const resources = await recordResources(() =>
    expect(loadProgram()).rejects.toThrow(
      /^Some files for Grafana cannot be used:\n {2}.*"a\.json"[^]*"a\.yaml"[^]*"b\.yaml"/,
    ),
  );
  expect(resources).toEqual([]);
});

describe("a stack of three nodes", () => {
  let outputs: Record<string, unknown>;
  let resources: RecordedResource[];

  let warnings: unknown[];

  beforeAll(async () => {
    const warn = jest.spyOn(pulumi.log, "warn").mockResolvedValue();
    jest.useFakeTimers({ now: Date.parse("2026-11-23T12:00:00Z"), doNotFake: everythingButDate });
    const rotated = { telegraf: "2025-11-20T12:00:00Z", grafana: "2026-01-01T00:00:00Z" };
    pulumi.runtime.setAllConfig(configuration({ ...smallest, certificates: "local", rotated }));
    resources = await recordResources(async () => {
      outputs = await loadProgram();
    });
    await eventually("a warning", 20, () => {
      expect(warn).toHaveBeenCalled();
    });
    jest.useRealTimers();
    warnings = warn.mock.calls;
    warn.mockRestore();
  });

  test("has exactly these resources", () => {
    expect(tree(resources)).toBe(
      `
kube-0 pi-monitoring:index:PiNode
  kube-0-exporters command:remote:Command
kube-0-prometheus pi-monitoring:index:PrometheusMaster
  kube-0-prometheus-script command:remote:Command
kube-1 pi-monitoring:index:PiNode
  kube-1-exporters command:remote:Command
kube-2 pi-monitoring:index:PiNode
  kube-2-exporters command:remote:Command
server pi-monitoring:index:MonitoringServer
  server-downsampling pi-monitoring:index:Downsampling
    server-downsampling-tasks command:local:Command
  server-engine pi-monitoring:index:ServerEngine
    server-engine-docker pulumi:providers:docker
  server-grafana pi-monitoring:index:Grafana
    server-grafana docker:index/container:Container
    server-grafana-admin command:local:Command
    server-grafana-admin-password random:index/randomPassword:RandomPassword
    server-grafana-image docker:index/remoteImage:RemoteImage
    server-grafana-volume docker:index/volume:Volume
  server-grafana-network docker:index/network:Network
  server-grafana-token pi-monitoring:index:InfluxToken
    server-grafana-token-authorization command:local:Command
  server-https-portal pi-monitoring:index:HttpsPortal
    server-https-portal docker:index/container:Container
    server-https-portal-certificate command:local:Command
    server-https-portal-image docker:index/remoteImage:RemoteImage
    server-https-portal-volume docker:index/volume:Volume
  server-influxdb pi-monitoring:index:InfluxDb
    server-influxdb docker:index/container:Container
    server-influxdb-admin-password random:index/randomPassword:RandomPassword
    server-influxdb-image docker:index/remoteImage:RemoteImage
    server-influxdb-setup command:local:Command
    server-influxdb-volume docker:index/volume:Volume
  server-influxdb-network docker:index/network:Network
  server-ingest-kube-0 pi-monitoring:index:IngestCredential
    server-ingest-kube-0-accepted command:local:Command
    server-ingest-kube-0-password random:index/randomPassword:RandomPassword
    server-ingest-kube-0-revocation command:local:Command
  server-telegraf pi-monitoring:index:Telegraf
    server-telegraf docker:index/container:Container
    server-telegraf-image docker:index/remoteImage:RemoteImage
    server-telegraf-spool docker:index/volume:Volume
    server-telegraf-volume docker:index/volume:Volume
  server-telegraf-network docker:index/network:Network
  server-telegraf-token pi-monitoring:index:InfluxToken
    server-telegraf-token-authorization command:local:Command
  server-token-revocation pi-monitoring:index:TokenRevocation
    server-token-revocation-script command:local:Command
`.trim(),
    );
  });

  test("gives components no inputs, as they would all be in the state", () => {
    expect(
      resources.filter(({ type, inputs }) => isComponent(type) && Object.keys(inputs).length > 0),
    ).toEqual([]);
  });

  test("has four resources for a node at most", () => {
    for (const { name: node } of smallest.nodes) {
      expect(resources.filter(({ name }) => name.startsWith(node)).length).toBeLessThanOrEqual(4);
    }
  });

  test("has a server that waits for no node, but for revoking what the master may still use", () => {
    const server = resources.filter(({ name }) => name.startsWith("server"));
    const waits = server.flatMap(({ name, dependsOn }) =>
      dependsOn.filter((each) => / kube-/.test(each)).map((each) => [name, each]),
    );
    expect(waits).toEqual([
      ["server-ingest-kube-0-revocation", "command:remote:Command kube-0-prometheus-script"],
    ]);
    const revocation = "command:local:Command server-ingest-kube-0-revocation";
    expect(resources.filter(({ dependsOn }) => dependsOn.includes(revocation))).toEqual([]);
  });

  test("sets Prometheus up after the other packages of its node, and after the portal accepts its credential", () => {
    const prometheus = resources.find(({ type }) => type === "pi-monitoring:index:PrometheusMaster");
    expect(prometheus?.dependsOn).toEqual(["command:remote:Command kube-0-exporters"]);
    const script = resources.find(({ name }) => name === "kube-0-prometheus-script");
    expect(script?.dependsOn).toContain("command:local:Command server-ingest-kube-0-accepted");
  });

  test("hands each secret only to those who need it, and only where it shows nowhere", () => {
    const places = {
      "server-influxdb-admin-password-result": ["server-influxdb-setup.stdin"],
      // The same password, when it is in force.
      "server-influxdb-setup-line-4": [
        "server-downsampling-tasks.stdin",
        "server-grafana-token-authorization.stdin",
        "server-telegraf-token-authorization.stdin",
        "server-token-revocation-script.stdin",
      ],
      "server-telegraf-token-authorization-line-2": ["server-telegraf.uploads"],
      "server-grafana-token-authorization-line-2": ["server-grafana.uploads"],
      "server-grafana-admin-password-result": ["server-grafana-admin.stdin"],
      "server-ingest-kube-0-password-result": [
        "kube-0-prometheus-script.stdin",
        "server-ingest-kube-0-accepted.stdin",
        "server-ingest-kube-0-revocation.stdin",
      ],
    };
    expect(
      Object.fromEntries(Object.keys(places).map((secret) => [secret, placesOf(secret, resources)])),
    ).toEqual(places);
    const inClear = JSON.stringify(resources, (key, value: unknown) => (key === "secret" ? "" : value));
    for (const secret of Object.keys(places)) {
      expect(inClear).not.toContain(secret);
    }
  });

  test("has these outputs, the secrets as secrets", async () => {
    expect(await revealed(outputs)).toEqual({
      urls: {
        influxdb: "https://influxdb.example.com",
        grafana: "https://grafana.example.com",
        telegraf: "https://telegraf.example.com/telegraf",
      },
      influxdb: { org: "pi-monitoring", bucket: "prometheus", adminUser: "admin" },
      influxdbAdminPassword: { secret: "server-influxdb-setup-line-4" },
      telegrafToken: { secret: "server-telegraf-token-authorization-line-2" },
      grafanaToken: { secret: "server-grafana-token-authorization-line-2" },
      grafanaAdminPassword: { secret: "server-grafana-admin-password-result" },
      ingestCredentials: { "kube-0": { secret: "server-ingest-kube-0-password-result" } },
      provisionedRules: [],
      rotated: { telegraf: "2025-11-20T12:00:00Z", grafana: "2026-01-01T00:00:00Z" },
    });
  });

  test("says which credentials are due for rotation", () => {
    expect(warnings).toEqual([
      [
        "The credential telegraf is 368 days old and should be rotated after 365: `npm run rotate -- telegraf --stack test`",
      ],
    ]);
  });
});

/** Of what Jest can fake; what Pulumi does in the background needs the real ones. */
const everythingButDate = [
  ...(["hrtime", "nextTick", "performance", "queueMicrotask", "setImmediate", "clearImmediate"] as const),
  ...(["setInterval", "clearInterval", "setTimeout", "clearTimeout"] as const),
];

/** The resources by parent, a line each. */
function tree(resources: readonly RecordedResource[], parent?: string, indent = ""): string {
  return resources
    .filter((each) => each.parent === parent)
    .sort((a, b) => `${a.name} ${a.type}`.localeCompare(`${b.name} ${b.type}`))
    .flatMap(({ type, name }) => [
      `${indent}${name} ${type}`,
      tree(resources, `${type} ${name}`, `${indent}  `),
    ])
    .filter((line) => line !== "")
    .join("\n");
}

function isComponent(type: string): boolean {
  return type.startsWith("pi-monitoring:");
}

/** Every `RESOURCE.INPUT` with `text` in it, secret or not. */
function placesOf(text: string, resources: readonly RecordedResource[]): string[] {
  return resources
    .flatMap(({ name, inputs }) =>
      Object.entries(inputs)
        .filter(([, value]) => JSON.stringify(value).includes(text))
        .map(([input]) => `${name}.${input}`),
    )
    .sort();
}

/** Outputs as plain values, a secret as `{ secret: VALUE }`. */
async function revealed(value: unknown): Promise<unknown> {
  if (pulumi.Output.isInstance(value)) {
    const plain = await new Promise((resolve) => value.apply(resolve));
    return (await pulumi.isSecret(value)) ? { secret: plain } : plain;
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const entries = Object.entries(value).map(async ([key, each]) => [key, await revealed(each)] as const);
  return Object.fromEntries(await Promise.all(entries));
}
