import { metricsOverTime } from "../../../../../components/dashboards/dashboards";
import { renderDownsampling } from "../../../../../components/server/influxdb/downsampling";
import { exampleSettings } from "../../../../support/exampleSettings";
import { runAgainstInflux } from "../../../../support/runAgainstInflux";
import { find, localCommandType, recordServer } from "../../../../support/recordServer";

const orgId = "0123456789abcdef";
const password = "the-admin-password";
const settings = exampleSettings({ influxdb: { bucket: "a b ${c}" } });
const script = renderDownsampling(settings, { adminUser: "admin", adminPassword: password }, orgId);
const [bucketId, taskId] = ["00000000000000aa", "00000000000000bb"];

const empty = {
  "GET buckets": '{"buckets": []}',
  "POST buckets": `{"id": "${bucketId}"}`,
  "GET tasks": '{"tasks": []}',
  "POST tasks": `{"id": "${taskId}"}`,
};

test("the buckets and tasks are made by one script, which holds the admin's password", async () => {
  const { inputs } = find(await recordServer(), localCommandType, "server-downsampling-tasks");
  expect(inputs).toMatchObject({
    create: "docker exec -i influxdb sh -s",
    stdin: { secret: expect.any(String) as string },
  });
});

test("the script makes two buckets and a task for each, and prints the ids of the buckets", () => {
  const { status, stdout, changes } = runAgainstInflux(script, { answers: empty, password });
  expect([status, stdout]).toEqual([0, `${bucketId}\n${bucketId}\n`]);
  const bodies = changes.map(({ request, body }) => ({
    request,
    ...(JSON.parse(body) as Record<string, unknown>),
  }));
  expect(bodies).toEqual([
    {
      request: "POST buckets",
      orgID: orgId,
      name: "a b ${c}_5m",
      retentionRules: [{ type: "expire", everySeconds: 1095 * 86_400 }],
    },
    {
      request: "POST tasks",
      orgID: orgId,
      flux: expect.stringContaining('from(bucket: "a b \\${c}")') as string,
    },
    {
      request: "POST buckets",
      orgID: orgId,
      name: "a b ${c}_1h",
      retentionRules: [{ type: "expire", everySeconds: 0 }],
    },
    {
      request: "POST tasks",
      orgID: orgId,
      flux: expect.stringContaining('to(bucket: "a b \\${c}_1h"') as string,
    },
  ]);
});

test("the script sets the properties of existing buckets and tasks", () => {
  const answers = {
    "GET buckets": `{"buckets":[{"id":"${bucketId}"}]}`,
    [`PATCH buckets/${bucketId}`]: "{}",
    // The id is not the first property, as in InfluxDB's answers.
    "GET tasks": `{"tasks":[{"links":{},"id":"${taskId}"}]}`,
    [`PATCH tasks/${taskId}`]: "{}",
  };
  const { status, stdout, changes } = runAgainstInflux(script, { answers, password });
  expect([status, stdout]).toEqual([0, `${bucketId}\n${bucketId}\n`]);
  expect(changes.map(({ request }) => request)).toEqual([
    `PATCH buckets/${bucketId}`,
    `PATCH tasks/${taskId}`,
    `PATCH buckets/${bucketId}`,
    `PATCH tasks/${taskId}`,
  ]);
});

test("no task is made twice where InfluxDB does not list its tasks", () => {
  const answers = Object.fromEntries(Object.entries(empty).filter(([request]) => request !== "GET tasks"));
  const { status, stderr, changes } = runAgainstInflux(script, { answers, password });
  expect([status === 0, stderr]).toEqual([false, "The request GET tasks to InfluxDB failed.\n"]);
  expect(changes.map(({ request }) => request)).toEqual(["POST buckets"]);
});

test("the coarser buckets have each metric that a panel shows over time", () => {
  const metrics = metricsOverTime(settings);
  expect(metrics).toEqual(
    expect.arrayContaining(["node_cpu_seconds_total", "node_load5", "rpi_temperature", "rpi_throttled"]),
  );
  // Shown as it is now.
  expect(metrics).not.toContain("node_procs_blocked");
});
