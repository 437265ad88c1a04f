import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { renderSetup, type SetupView } from "../../../../../components/server/influxdb/influxDb";
import { influxName } from "../../../../support/arbitraries";
import { authorizations, notFound, runAgainstInflux } from "../../../../support/runAgainstInflux";
import { type RecordedResource, setUpAt } from "../../../../support/recordResources";
import {
  containerInputs,
  containerType,
  find,
  localCommandType,
  passwordType,
  recordServer,
} from "../../../../support/recordServer";

const view: SetupView = {
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
          stop: { signal: "SIGINT", seconds: 60 },
        },
        {
          envs: [
            "INFLUXD_REPORTING_DISABLED=true",
            "INFLUXD_PPROF_DISABLED=true",
            "GOMEMLIMIT=870MiB",
            "INFLUXD_QUERY_CONCURRENCY=8",
            "INFLUXD_QUERY_QUEUE_SIZE=64",
            "INFLUXD_QUERY_INITIAL_MEMORY_BYTES=16777216",
            "INFLUXD_QUERY_MEMORY_BYTES=268435456",
            "INFLUXD_QUERY_MAX_MEMORY_BYTES=402653184",
          ],
          volumes: [{ volumeName: "influxdb2", containerPath: "/var/lib/influxdb2" }],
        },
      ),
    );
  });

  test("has a random admin password", () => {
    expect(find(resources, passwordType, "server-influxdb-admin-password").inputs).toEqual({
      length: 32,
      special: false,
    });
  });

  test("is set up inside the container", () => {
    const setup = find(resources, localCommandType, "server-influxdb-setup");
    expect(setup.inputs).toEqual({
      create: "docker exec -i influxdb sh -s",
      update: expect.stringMatching(/ \| docker exec -i influxdb sh -s$/) as string,
      stdin: { secret: renderSetup({ ...view, adminPassword: "server-influxdb-admin-password-result" }) },
      logging: "none",
    });
    expect(setup.options["additionalSecretOutputs"]).toEqual(["stdout", "stderr"]);
  });

  test("hands the script what it has printed before", () => {
    const { update } = find(resources, localCommandType, "server-influxdb-setup").inputs;
    // Pulumi takes the end of the last line off.
    const env = { ...process.env, PULUMI_COMMAND_STDOUT: `org\nbucket\n${setUpAt}\nBefore1` };
    const command = `docker() { cat; }\n${String(update)}`;
    const { stdout } = spawnSync("sh", ["-c", command], { input: "# the script\n", env, encoding: "utf8" });
    expect(stdout).toBe(`set_up_at='${setUpAt}'\nprevious_password='Before1'\n# the script\n`);
  });
});

test("another date of rotation makes another admin password", async () => {
  const resources = await recordServer({ rotated: { influxdbAdmin: "2026-11-23T16:20:00Z" } });
  expect(find(resources, passwordType, "server-influxdb-admin-password").inputs).toEqual({
    length: 32,
    special: false,
    keepers: { rotated: "2026-11-23T16:20:00Z" },
  });
});

describe("the set-up script", () => {
  const [orgId, bucketId] = ["0123456789abcdef", "fedcba9876543210"];
  const ownToken = { id: "00000000000000aa", description: "admin's Token" };
  const { indented = "", compact = "" } = authorizations([
    { id: "00000000000000bb", description: "test: telegraf" },
    ownToken,
    { id: "00000000000000cc", description: "other's Token" },
    { id: "00000000000000dd", description: "admin's Token, of a person" },
  ]);
  const fresh = {
    "GET setup": '{"allowed": true}',
    "POST setup": "{}",
    "GET authorizations": indented,
    [`DELETE authorizations/${ownToken.id}`]: "",
    "GET orgs": `{"orgs": [{"links": {}, "id": "${orgId}", "name": "x"}]}`,
    "GET buckets": '{"buckets": []}',
    "POST buckets": `{"id": "${bucketId}", "orgID": "${orgId}"}`,
  };
  const used = {
    ...fresh,
    "GET setup": '{"allowed":false}',
    "GET authorizations": '{"authorizations":[]}',
    "GET buckets": `{"buckets":[{"id":"${bucketId}","orgID":"${orgId}"}]}`,
    [`PATCH buckets/${bucketId}`]: "{}",
  };
  const password = view.adminPassword;

  test("sets up a new InfluxDB and prints the two ids, the date and the password", () => {
    const before = Date.now();
    const run = runAgainstInflux(renderSetup(view), { answers: fresh });
    const [org, bucket, date = "", last, ...more] = run.stdout.split("\n");
    expect([run.status, org, bucket, last, more]).toEqual([0, orgId, bucketId, password, [""]]);
    expect(date).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Math.abs(Date.parse(date) - before)).toBeLessThan(60_000);
    expect(run.requests).toEqual([
      "GET setup",
      "POST setup",
      "GET authorizations",
      `DELETE authorizations/${ownToken.id}`,
      "GET orgs",
      "GET buckets",
      "POST buckets",
    ]);
  });

  test("signs in by a password that no process list shows, and out in the end", () => {
    const { calls, left } = runAgainstInflux(renderSetup(view), { answers: fresh });
    const signIn = calls.find(({ request }) => request === "POST signin");
    expect(signIn?.config).toBe('user = "admin:the-admin-password"\n');
    expect(calls.at(-1)?.request).toBe("POST signout");
    expect(left).toEqual([]);
    expect(JSON.stringify(calls.map(({ commandLine }) => commandLine))).not.toContain(password);
  });

  test("only sets the retention where all is there", () => {
    const { status, stdout, changes } = runAgainstInflux(renderSetup(view), { answers: used, password });
    expect([status, stdout.split("\n").toSpliced(2, 1)]).toEqual([0, [orgId, bucketId, password, ""]]);
    expect(changes.map(({ request, body }) => [request, JSON.parse(body) as unknown])).toEqual([
      [
        `PATCH buckets/${bucketId}`,
        { name: "prometheus", retentionRules: [{ type: "expire", everySeconds: 31_536_000 }] },
      ],
    ]);
  });

  test.each([
    ["as InfluxDB writes them", indented],
    ["without blanks", compact],
  ])("revokes the token that InfluxDB has made for itself, and no other, from answers %s", (_, answer) => {
    const answers = { ...used, "GET authorizations": answer };
    const { status, changes } = runAgainstInflux(renderSetup(view), { answers, password });
    expect([status, changes.map(({ request }) => request)]).toEqual([
      0,
      [`DELETE authorizations/${ownToken.id}`, `PATCH buckets/${bucketId}`],
    ]);
  });

  test("prints the date that it has printed before", () => {
    const script = `set_up_at='2020-01-02T03:04:05Z'\n${renderSetup(view)}`;
    const { stdout } = runAgainstInflux(script, { answers: used, password });
    expect(stdout.split("\n")[2]).toBe("2020-01-02T03:04:05Z");
  });

  test("changes a password that it knows to the new one", () => {
    const script = `previous_password='Before1'\n${renderSetup(view)}`;
    const run = runAgainstInflux(script, { answers: used, password: "Before1" });
    expect([run.status, run.stdout.split("\n")[3]]).toEqual([0, password]);
    expect(run.changes.map(({ request }) => request)).toEqual([
      "PUT me/password",
      `PATCH buckets/${bucketId}`,
    ]);
    expect(JSON.parse(run.changes[0]?.body ?? "")).toEqual({ password });
    const signedIn = run.calls.filter(({ request }) => request === "POST signin");
    expect(signedIn.map(({ config }) => config)).toEqual([
      'user = "admin:the-admin-password"\n',
      'user = "admin:Before1"\n',
      'user = "admin:the-admin-password"\n',
    ]);
    const commandLines = JSON.stringify(run.calls.map(({ commandLine }) => commandLine));
    expect(commandLines).not.toMatch(/Before1|the-admin-password/);
  });

  test("does not need the previous password where the new one is in force", () => {
    const script = `previous_password='Before1'\n${renderSetup(view)}`;
    const { status, changes } = runAgainstInflux(script, { answers: used, password });
    expect([status, changes.map(({ request }) => request)]).toEqual([0, [`PATCH buckets/${bucketId}`]]);
  });

  test.each([
    ["an unknown password", "", "this stack does not know the password. Nothing was changed."],
    [
      "a password that is not the previous one either",
      "previous_password='Before1'\n",
      "this stack does not know the password. Nothing was changed.",
    ],
  ])("ends at %s without a change", (_, lines, message) => {
    const script = `${lines}${renderSetup(view)}`;
    const run = runAgainstInflux(script, { answers: used, password: "somebody-else's" });
    expect([run.status, run.stdout, run.changes]).toEqual([1, "", []]);
    expect(run.stderr).toContain(message);
    expect(run.left).toEqual([]);
  });

  test("ends at an unknown organization without a change", () => {
    const answers = { ...used, "GET orgs": notFound };
    const { status, stdout, stderr, changes } = runAgainstInflux(renderSetup(view), { answers, password });
    expect([status, stdout, changes]).toEqual([1, "", []]);
    expect(stderr).toContain("InfluxDB has no organization pi-monitoring");
  });

  // The status of a pipeline is that of its end.
  test.each(["GET setup", "GET authorizations", "GET orgs", "GET buckets"])(
    "fails without a change where InfluxDB does not answer %s",
    (silent) => {
      const answers = Object.fromEntries(Object.entries(used).filter(([request]) => request !== silent));
      const { status, stderr, changes } = runAgainstInflux(renderSetup(view), { answers, password });
      expect([status === 0, stderr, changes]).toEqual([
        false,
        `The request ${silent} to InfluxDB failed.\n`,
        [],
      ]);
    },
  );

  test("any names that the settings accept arrive at InfluxDB", () => {
    fc.assert(
      fc.property(influxName, influxName, (org, bucket) => {
        const { calls } = runAgainstInflux(renderSetup({ ...view, org, bucket }), { answers: fresh });
        const bodyOf = (request: string): unknown =>
          JSON.parse(calls.find((call) => call.request === request)?.body ?? "");
        expect(bodyOf("POST setup")).toEqual({
          username: "admin",
          password: "the-admin-password",
          org,
          bucket,
          retentionPeriodSeconds: 31_536_000,
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
