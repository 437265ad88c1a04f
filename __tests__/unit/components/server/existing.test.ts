import { completeQuery } from "../../../../components/flux/fluxQuery";
import { backedUp, backedUpByOthers } from "../../../../components/server/backup/backup";
import { unlessGone } from "../../../../components/server/engine/containerScript";
import { renderIngestNginx } from "../../../../components/server/ingress/ingestNginx";
import { credentialDates } from "../../../../components/server/credentials";
import { exampleSettings } from "../../../support/exampleSettings";
import type { RecordedResource } from "../../../support/recordResources";
import {
  containerType,
  find,
  localCommandType,
  networkType,
  recordServer,
  volumeType,
} from "../../../support/recordServer";

const url = "https://influxdb.example.org";
const adminToken = "the-admin-token";
const onServer = {
  influxdb: { url: "http://influxdb:8086", adminToken },
  existing: {
    networks: { influxdb: "blog_influxdb", telegraf: "blog_telegraf", grafana: "blog_grafana" },
    volumes: { grafana: "blog_grafana-storage" },
    httpsPortal: "portal",
  },
};

function namesOf(resources: readonly RecordedResource[], type: string): unknown[] {
  return resources.filter((each) => each.type === type).map(({ inputs }) => inputs["name"]);
}

function networksOf(resources: readonly RecordedResource[], name: string): unknown {
  return find(resources, containerType, name).inputs["networksAdvanced"];
}

/** Where a value stands in clear. */
function inClear(resources: readonly RecordedResource[], value: string): string[] {
  const withoutSecrets = (inputs: object): string =>
    JSON.stringify(inputs, (_, each: unknown) =>
      typeof each === "object" && each !== null && "secret" in each ? undefined : each,
    );
  return resources.filter(({ inputs }) => withoutSecrets(inputs).includes(value)).map(({ name }) => name);
}

describe("a stack that was built by hand", () => {
  let resources: RecordedResource[];

  beforeAll(async () => {
    resources = await recordServer({ ...onServer, certificates: "local" });
  });

  test("keeps its networks, its volume, its InfluxDB and its portal", () => {
    expect(namesOf(resources, networkType)).toEqual([]);
    expect(namesOf(resources, volumeType)).toEqual(["telegraf", "ingest-spool", "ingest"]);
    expect(namesOf(resources, containerType)).toEqual(["telegraf-behind-gate", "grafana", "ingest"]);
    expect(find(resources, containerType, "server-grafana").inputs["volumes"]).toEqual([
      { volumeName: "blog_grafana-storage", containerPath: "/var/lib/grafana" },
    ]);
  });

  test("has Telegraf and Grafana where its InfluxDB is, and the ingest proxy in Telegraf's place", () => {
    expect(networksOf(resources, "server-telegraf")).toEqual([
      { name: "blog_telegraf", aliases: ["telegraf-behind-gate"] },
      { name: "blog_influxdb", aliases: ["telegraf-behind-gate"] },
    ]);
    expect(networksOf(resources, "server-grafana")).toEqual([
      { name: "blog_grafana", aliases: ["grafana"] },
      { name: "blog_influxdb", aliases: ["grafana"] },
    ]);
    expect(networksOf(resources, "server-ingest-gate")).toEqual([
      { name: "blog_telegraf", aliases: ["ingest", "telegraf"] },
    ]);
  });

  test("has the ingest proxy stopped by the signal on which its nginx ends at once", () => {
    expect(find(resources, containerType, "server-ingest-gate").inputs).toMatchObject({
      entrypoints: ["nginx", "-g", "daemon off;"],
      stopSignal: "SIGTERM",
      stopTimeout: 15,
      destroyGraceSeconds: 15,
    });
  });

  test("has the credential accepted by the ingest proxy, and the certificate read from the portal", () => {
    const { inputs } = find(resources, localCommandType, "server-ingest-kube-0-accepted");
    expect(inputs["create"]).toBe("docker exec -i ingest sh -s -- accept");
    const certificate = find(resources, localCommandType, "server-ingest-gate-certificate");
    expect(certificate.inputs["create"]).toBe("docker exec -i portal sh -s");
  });

  test("has its InfluxDB asked from a container that is made for it", () => {
    const run = "docker run --rm -i --network blog_influxdb --entrypoint sh telegraf:1.39.3 -s";
    const scripts = ["influxdb-connection-script", "downsampling-tasks", "token-revocation-script"];
    for (const script of scripts) {
      expect(find(resources, localCommandType, `server-${script}`).inputs["create"]).toBe(run);
    }
    const removals = resources.filter(({ inputs }) => JSON.stringify(inputs["delete"] ?? "").includes(run));
    expect(removals.map(({ name, inputs }) => [name, inputs["delete"]])).toEqual([
      ["server-downsampling-tasks", unlessGone(`${run} -- remove`)],
      ["server-token-revocation-script", unlessGone(`${run} -- remove`)],
    ]);
  });

  test("does not show its token", () => {
    expect(JSON.stringify(resources)).toContain(adminToken);
    expect(inClear(resources, adminToken)).toEqual([]);
  });
});

test("an InfluxDB that was set up by hand on a volume is run with its admin's token", async () => {
  const resources = await recordServer({
    influxdb: { adminToken },
    existing: { volumes: { influxdb: "influxdb2" } },
  });
  expect(find(resources, containerType, "server-influxdb").inputs["volumes"]).toEqual([
    { volumeName: "influxdb2", containerPath: "/var/lib/influxdb2" },
  ]);
  expect(namesOf(resources, volumeType)).not.toContain("influxdb2");
  const names = resources.map(({ name }) => name);
  expect(names).not.toContain("server-influxdb-setup");
  expect(names).not.toContain("server-influxdb-admin-password");
  const { inputs } = find(resources, localCommandType, "server-influxdb-connection-script");
  expect(inputs["create"]).toBe("docker exec -i influxdb sh -s");
});

describe("an InfluxDB that is elsewhere", () => {
  test("has no container, no volume and no network, and everything else is as it was", async () => {
    const changed = ["server-influxdb", "server-https-portal", "server-telegraf", "server-grafana"];
    const [before, resources] = [await recordServer(), await recordServer({ influxdb: { url, adminToken } })];
    const of = (all: readonly RecordedResource[]): string[] =>
      all
        .map(({ type, name }) => `${name} ${type}`)
        .filter((each) => !each.startsWith("server-influxdb"))
        .sort();
    expect(of(resources)).toEqual(of(before));
    expect(resources.map(({ name }) => name).filter((name) => name.startsWith(changed[0] ?? ""))).toEqual([
      "server-influxdb",
      "server-influxdb-connection",
      "server-influxdb-connection-script",
    ]);
    const portal = find(resources, containerType, "server-https-portal").inputs["envs"] as string[];
    expect(portal[0]).toBe(
      "DOMAINS=grafana.example.com -> http://grafana:3000, telegraf.example.com -> http://telegraf:8080",
    );
  });

  test("is used with the tokens that were given, after both were tried", async () => {
    const tokens = { writeToken: "the-write-token", readToken: "the-read-token" };
    const resources = await recordServer({ influxdb: { url, ...tokens } });
    const names = resources.map(({ name }) => name);
    expect(names.filter((name) => /token|downsampling/.test(name))).toEqual([]);
    const uploaded = (container: string): unknown =>
      find(resources, containerType, container).inputs["uploads"];
    expect(JSON.stringify(uploaded("server-telegraf"))).toContain(tokens.writeToken);
    expect(JSON.stringify(uploaded("server-grafana"))).toContain(tokens.readToken);
    expect(inClear(resources, tokens.writeToken)).toEqual([]);
    expect(inClear(resources, tokens.readToken)).toEqual([]);
  });
});

test.each<[object, string]>([
  [{ url, adminToken }, 'if days >= 14 then "prometheus_1h" else if days >= 2 then "prometheus_5m" else raw'],
  [{ url, writeToken: "w", readToken: "r" }, "raw"],
])("dashboards ask for no bucket that is not made: %j", (influxdb, bucket) => {
  expect(completeQuery("", exampleSettings({ influxdb }))).toContain(`\nbucket = ${bucket}\n`);
});

test("existing containers and volumes are not backed up", () => {
  const settings = exampleSettings(onServer);
  expect(backedUp(settings)).toEqual([
    { container: "grafana", volume: "blog_grafana-storage", path: "/var/lib/grafana", stop: true },
  ]);
  expect(backedUpByOthers(settings)).toEqual([
    "the samples, in the InfluxDB at http://influxdb:8086",
    "the portal portal",
  ]);
  expect(backedUpByOthers(exampleSettings())).toEqual([]);
});

test.each<[object, string[]]>([
  [{}, ["telegraf", "grafana", "ingest", "grafana-admin", "influxdb-admin"]],
  [{ url, adminToken }, ["telegraf", "grafana", "ingest", "grafana-admin"]],
  [{ url, writeToken: "w", readToken: "r" }, ["ingest", "grafana-admin"]],
])("of the credentials, only the program's own become old: %j", (influxdb, words) => {
  expect(Object.keys(credentialDates(exampleSettings({ influxdb }), "2026-01-01T00:00:00Z"))).toEqual(words);
});

test("the ingest proxy asks for the credential", () => {
  const upstreams = { telegraf: "http://telegraf-behind-gate:8080" };
  const site = renderIngestNginx("ingestProxy", upstreams, { include: "" });
  expect(site).toContain("    server {\n        listen 8080;\n\n        client_max_body_size 32m;\n");
  expect(site).toContain("            set $telegraf http://telegraf-behind-gate:8080;\n");
});
