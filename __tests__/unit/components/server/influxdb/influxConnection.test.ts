import { bucketMark, renderDownsampling } from "../../../../../components/server/influxdb/downsampling";
import { renderInfluxConnection } from "../../../../../components/server/influxdb/influxConnection";
import { renderToken } from "../../../../../components/server/influxdb/influxToken";
import { renderTokenRevocation } from "../../../../../components/server/influxdb/tokenRevocation";
import { exampleSettings } from "../../../../support/exampleSettings";
import {
  type ApiRun,
  authorizations,
  notFound,
  runAgainstInflux,
} from "../../../../support/runAgainstInflux";

const [orgId, bucketId, taskId] = ["0123456789abcdef", "fedcba9876543210", "00000000000000aa"];
const token = "the-admin-token==";
// The stub of curl knows this address.
const login = { adminToken: token, apiUrl: "http://localhost:8086" };
const answers = {
  "GET orgs": `{"orgs": [{"id": "${orgId}", "name": "x"}]}`,
  "GET buckets": `{"buckets": [{"id": "${bucketId}", "orgID": "${orgId}"}]}`,
};

function expectHidden({ calls, left }: ApiRun): void {
  expect(JSON.stringify(calls.map(({ commandLine }) => commandLine))).not.toContain(token);
  expect(left).toEqual([]);
}

describe("the connection script", () => {
  const script = renderInfluxConnection({ org: "x", bucket: "kube", retentionDays: 365 }, login);

  test("finds what is there, and changes nothing", () => {
    const run = runAgainstInflux(script, { answers, token });
    const [org, bucket, date = ""] = run.stdout.split("\n");
    expect([run.status, org, bucket, run.changes]).toEqual([0, orgId, bucketId, []]);
    expect(date).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expectHidden(run);
  });

  test("prints the date that it has printed before", () => {
    const before = "set_up_at='2020-01-02T03:04:05Z'\n";
    const { stdout } = runAgainstInflux(`${before}${script}`, { answers, token });
    expect(stdout.split("\n")[2]).toBe("2020-01-02T03:04:05Z");
  });

  test.each([notFound, '{"buckets": []}'])("makes a bucket that is missing", (missing) => {
    const made = { ...answers, "GET buckets": missing, "POST buckets": `{"id": "${bucketId}"}` };
    const { status, changes } = runAgainstInflux(script, { answers: made, token });
    expect([status, changes.map(({ body }) => JSON.parse(body) as unknown)]).toEqual([
      0,
      [{ orgID: orgId, name: "kube", retentionRules: [{ type: "expire", everySeconds: 31_536_000 }] }],
    ]);
  });

  test.each([
    ["a token that is not accepted", "another", answers, "InfluxDB does not accept influxdb.adminToken"],
    [
      "an organization that is not there",
      token,
      { ...answers, "GET orgs": '{"orgs": []}' },
      "InfluxDB has no organization x",
    ],
    [
      "buckets that it does not show",
      token,
      { "GET orgs": answers["GET orgs"], "POST buckets": `{"id": "${bucketId}"}` },
      "The request GET buckets to InfluxDB failed.",
    ],
  ])("ends at %s without a change", (_, accepted, found, message) => {
    const run = runAgainstInflux(script, { answers: found, token: accepted });
    expect([run.status, run.stdout, run.changes]).toEqual([1, "", []]);
    expect(run.stderr).toContain(message);
    expectHidden(run);
  });
});

test("a token is made by the token of the admin", () => {
  const script = renderToken(login, {
    action: "read",
    description: "test: grafana",
    orgId,
    bucketIds: [],
  });
  const made = {
    ...answers,
    "POST authorizations": `{"id": "${taskId}", "token": "new==", "status": "active"}`,
  };
  const run = runAgainstInflux(script, { answers: made, token });
  expect([run.status, run.stdout]).toEqual([0, `${taskId}\nnew==\n`]);
  expectHidden(run);
});

describe("a coarser bucket", () => {
  const script = renderDownsampling(exampleSettings(), login, orgId);
  const run = (description: string, missing = false): ApiRun =>
    runAgainstInflux(script, {
      answers: {
        ...answers,
        "GET buckets": missing ? notFound : `{"buckets": [{"id": "${bucketId}", ${description}"name": "x"}]}`,
        "POST buckets": `{"id": "${bucketId}"}`,
        [`PATCH buckets/${bucketId}`]: "{}",
        "GET tasks": '{"tasks": []}',
        "POST tasks": `{"id": "${taskId}"}`,
      },
      token,
    });
  const bucketChanges = ({ changes }: ApiRun): [string, unknown][] =>
    changes
      .filter(({ request }) => request.includes(" buckets"))
      .map(({ request, body }) => [request, (JSON.parse(body) as { description?: string }).description]);

  test.each(["", '"description": "my means", '])(
    "of its owner's keeps its data as long as before (%s)",
    (description) => {
      const found = run(description);
      expect([found.status, found.stdout]).toEqual([0, `${bucketId}\n${bucketId}\n`]);
      expect(bucketChanges(found)).toEqual([]);
      expectHidden(found);
    },
  );

  test("is marked when it is made, by which it is known", () => {
    expect(bucketChanges(run("", true))).toEqual([
      ["POST buckets", bucketMark],
      ["POST buckets", bucketMark],
    ]);
    for (const space of ["", " "]) {
      expect(bucketChanges(run(`"description":${space}"${bucketMark}", `))).toEqual([
        [`PATCH buckets/${bucketId}`, bucketMark],
        [`PATCH buckets/${bucketId}`, bucketMark],
      ]);
    }
  });

  test("that InfluxDB does not show is not made again", () => {
    const { status, changes } = runAgainstInflux(script, {
      answers: { "GET orgs": answers["GET orgs"] },
      token,
    });
    expect([status === 0, changes]).toEqual([false, []]);
  });
});

describe("when the stack is removed", () => {
  const remove = (script: string, more: Readonly<Record<string, string>>, accepted = token): ApiRun =>
    runAgainstInflux(script, { answers: { ...answers, ...more }, token: accepted }, "remove");
  const revocation = renderTokenRevocation(login, { stack: "test", idsInUse: ["00000000000000b1"] });
  const downsampling = renderDownsampling(exampleSettings(), login, orgId);

  test("its tokens are revoked, and no others", () => {
    const tokens = [
      { id: "00000000000000b1", description: "test: telegraf" },
      { id: "00000000000000b2", description: "me's Token" },
    ];
    const { status, changes } = remove(revocation, {
      "GET authorizations": authorizations(tokens)["indented"] ?? "",
      "DELETE authorizations/00000000000000b1": "",
    });
    expect([status, changes.map(({ request }) => request)]).toEqual([
      0,
      ["DELETE authorizations/00000000000000b1"],
    ]);
  });

  test("its tasks are removed, and the buckets stay", () => {
    const { status, stdout, changes } = remove(downsampling, {
      "GET tasks": `{"tasks": [{"id": "${taskId}"}]}`,
      [`DELETE tasks/${taskId}`]: "",
    });
    expect([status, stdout]).toEqual([0, ""]);
    const removed = `DELETE tasks/${taskId}`;
    expect(changes.map(({ request }) => request)).toEqual([removed, removed]);
  });

  test("tasks that InfluxDB does not list do not stay in silence", () => {
    const { status, stderr } = remove(downsampling, {});
    expect([status === 0, stderr]).toEqual([false, "The request GET tasks to InfluxDB failed.\n"]);
  });

  test.each([revocation, downsampling])("a removal succeeds where the InfluxDB is gone", (script) => {
    const { status, stderr, changes } = remove(script, {}, "another");
    expect([status, changes]).toEqual([0, []]);
    expect(stderr).toContain("InfluxDB does not accept its admin: the stack's t");
  });
});
