import { renderInfluxInspection } from "../../../../../components/server/influxdb/influxApi";
import { parseFacts } from "../../../../../scripts/doctor/server/influxDb";
import { authorizations, runAgainstInflux } from "../../../../support/runAgainstInflux";

const orgId = "0123456789abcdef";
const password = "PASSWORD";
const script = renderInfluxInspection(
  { adminUser: "admin", adminPassword: password },
  { org: "home", buckets: ["a b", "a b_5m"], tasks: ["test: a b_5m"] },
);
const token = { id: "00000000000000a1", description: "test: telegraf" };
const answers = {
  "GET orgs": `{"orgs": [{"id": "${orgId}", "name": "home"}]}`,
  "GET buckets": '{\n\t"buckets": [{"id": "00000000000000b1", "name": "a b", "retentionRules": []}]\n}',
  "GET tasks": '{"tasks": [{"id": "00000000000000c1", "name": "test: a b_5m", "status": "active"}]}',
  "GET authorizations": authorizations([token])["indented"] ?? "",
};

test("buckets and tasks are read by their names, in the stack's organization", () => {
  const { status, stdout, calls, changes } = runAgainstInflux(script, { answers, password });
  expect([status, changes]).toEqual([0, []]);
  const queries = calls
    .filter(({ request }) => /^GET (buckets|tasks)$/.test(request))
    .map(({ request, commandLine }) => [request, ...commandLine.filter((word) => /^\w+=/.test(word))]);
  expect(queries).toEqual([
    ["GET buckets", `orgID=${orgId}`, "name=a b"],
    ["GET buckets", `orgID=${orgId}`, "name=a b_5m"],
    ["GET tasks", `orgID=${orgId}`, "name=test: a b_5m"],
  ]);
  const facts = parseFacts(stdout);
  expect(facts.buckets).toHaveLength(2);
  expect(facts.tasks).toMatchObject([{ name: "test: a b_5m" }]);
  expect(facts.authorizations).toMatchObject([token]);
});

test("a token that an older InfluxDB lists is not printed", () => {
  const listed = answers["GET authorizations"].replace(/"token": ""/, '"token": "SECRET-OF-ANOTHER=="');
  expect(listed).toContain("SECRET");
  const { status, stdout, stderr } = runAgainstInflux(script, {
    answers: { ...answers, "GET authorizations": listed },
    password,
  });
  expect({ status, output: stdout + stderr }).toEqual({
    status: 0,
    output: expect.not.stringContaining("SECRET") as string,
  });
  expect(parseFacts(stdout).authorizations).toMatchObject([token]);
});

test("a bucket that InfluxDB does not have is missing, and the rest is read", () => {
  const missing = '{\n\t"code": "not found",\n\t"message": "bucket \\"a b\\" not found"\n}';
  const { status, stdout } = runAgainstInflux(script, {
    answers: { ...answers, "GET buckets": missing },
    password,
  });
  expect(status).toBe(0);
  expect(parseFacts(stdout)).toMatchObject({ buckets: [], tasks: [{}], authorizations: [{}] });
});

test.each([
  ["does not show its buckets", "GET buckets", "The request GET buckets to InfluxDB failed."],
  ["does not show its tasks", "GET tasks", "The request GET tasks to InfluxDB failed."],
  ["does not show its tokens", "GET authorizations", "The request GET authorizations to InfluxDB failed."],
  ["does not show the organization", "GET orgs", "The request GET orgs to InfluxDB failed."],
])("nothing is taken for missing where InfluxDB %s", (_, request, reason) => {
  const rest = Object.fromEntries(Object.entries(answers).filter(([name]) => name !== request));
  const { status, stderr } = runAgainstInflux(script, { answers: rest, password });
  expect(status).not.toBe(0);
  expect(stderr).toContain(reason);
});
