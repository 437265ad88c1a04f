import fc from "fast-check";
import { renderSetup, type SetupView } from "../../components/server/influxDb";
import { influxName } from "../support/arbitraries";
import { runAgainstInflux } from "../support/influxApi";
import type { RecordedResource } from "../support/recordResources";
import {
  containerInputs,
  containerType,
  find,
  localCommandType,
  recordServer,
} from "../support/recordServer";

const view: SetupView = {
  operatorToken: "the-operator-token",
  adminUser: "admin",
  adminPassword: "the-admin-password",
  org: "pi-monitoring",
  bucket: "prometheus",
  retentionDays: 365,
};

describe("InfluxDb", () => {
  let resources: RecordedResource[];

  beforeAll(async () => {
    resources = await recordServer();
  });

  test("has a container with no secret in it", () => {
    expect(find(resources, containerType, "server-influxdb").inputs).toEqual(
      containerInputs(
        {
          name: "influxdb",
          networks: ["influxdb", "telegraf", "grafana"],
          healthCheck: ["CMD", "curl", "--fail", "--silent", "http://localhost:8086/health"],
          memory: 1024,
          stopSeconds: 60,
        },
        {
          envs: ["INFLUXD_REPORTING_DISABLED=true", "INFLUXD_PPROF_DISABLED=true"],
          volumes: [{ volumeName: "influxdb2", containerPath: "/var/lib/influxdb2" }],
        },
      ),
    );
  });

  test.each([
    ["server-influxdb-operator-token", 64],
    ["server-influxdb-admin-password", 32],
  ])("makes %s", (name, length) => {
    const password = find(resources, "random:index/randomPassword:RandomPassword", name);
    expect(password.inputs).toEqual({ length, special: false });
  });

  test("is set up inside the container, and again when that is a new one", () => {
    const setup = find(resources, localCommandType, "server-influxdb-setup");
    expect(setup.inputs).toEqual({
      create: "docker exec -i influxdb sh -s -- apply",
      stdin: {
        secret: renderSetup({
          ...view,
          operatorToken: "server-influxdb-operator-token-result",
          adminPassword: "server-influxdb-admin-password-result",
        }),
      },
      logging: "none",
    });
    expect(setup.options["additionalSecretOutputs"]).toEqual(["stdout", "stderr"]);
  });
});

describe("the set-up script", () => {
  const [orgId, bucketId] = ["0123456789abcdef", "fedcba9876543210"];
  const fresh = {
    "GET setup": '{"allowed": true}',
    "POST setup": "{}",
    "GET me": "{}",
    "GET orgs": `{"orgs": [{"links": {}, "id": "${orgId}", "name": "x"}]}`,
    "GET buckets": '{"buckets": []}',
    "POST buckets": `{"id": "${bucketId}", "orgID": "${orgId}"}`,
  };
  const used = {
    ...fresh,
    "GET setup": '{"allowed":false}',
    "GET buckets": `{"buckets":[{"id":"${bucketId}","orgID":"${orgId}"}]}`,
    [`PATCH buckets/${bucketId}`]: "{}",
  };

  test("sets up a new InfluxDB and prints the two ids", () => {
    const { status, stdout, calls } = runAgainstInflux(renderSetup(view), ["apply"], fresh);
    expect([status, stdout]).toEqual([0, `${orgId}\n${bucketId}\n`]);
    expect(calls.map(({ request }) => request)).toEqual([
      "GET setup",
      "POST setup",
      "GET me",
      "GET orgs",
      "GET buckets",
      "POST buckets",
    ]);
    expect(calls[0]?.config).toBe('header = "Authorization: Token the-operator-token"\n');
    expect(JSON.stringify(calls.map(({ commandLine }) => commandLine))).not.toContain("the-");
  });

  test("only sets the retention where all is there", () => {
    const { status, stdout, calls } = runAgainstInflux(renderSetup(view), ["apply"], used);
    expect([status, stdout]).toEqual([0, `${orgId}\n${bucketId}\n`]);
    const changes = calls.filter(({ request }) => !request.startsWith("GET"));
    expect(changes.map(({ request, body }) => [request, JSON.parse(body) as unknown])).toEqual([
      [
        `PATCH buckets/${bucketId}`,
        { name: "prometheus", retentionRules: [{ type: "expire", everySeconds: 31_536_000 }] },
      ],
    ]);
  });

  test.each([
    ["a volume that somebody else has set up", "GET me", "this stack does not know its admin token"],
    ["an unknown organization", "GET orgs", "InfluxDB has no organization pi-monitoring"],
  ])("ends at %s without a change", (_, missing, message) => {
    const answers = Object.fromEntries(Object.entries(used).filter(([request]) => request !== missing));
    const { status, stderr, calls } = runAgainstInflux(renderSetup(view), ["apply"], answers);
    expect(status).toBe(1);
    expect(stderr).toContain(message);
    expect(calls.every(({ request }) => request.startsWith("GET"))).toBe(true);
  });

  test("any names that the settings accept arrive at InfluxDB", () => {
    fc.assert(
      fc.property(influxName, influxName, (org, bucket) => {
        const { calls } = runAgainstInflux(renderSetup({ ...view, org, bucket }), ["apply"], fresh);
        const bodyOf = (request: string): unknown =>
          JSON.parse(calls.find((call) => call.request === request)?.body ?? "");
        expect(bodyOf("POST setup")).toEqual({
          username: "admin",
          password: "the-admin-password",
          org,
          bucket,
          retentionPeriodSeconds: 31_536_000,
          token: "the-operator-token",
        });
        expect(bodyOf("POST buckets")).toMatchObject({ orgID: orgId, name: bucket });
        const queries = calls.flatMap(({ commandLine }) =>
          commandLine.filter((_, index) => commandLine[index - 1] === "--data-urlencode"),
        );
        expect(queries).toEqual([`org=${org}`, `orgID=${orgId}`, `name=${bucket}`]);
      }),
      { numRuns: 30 },
    );
  });
});
