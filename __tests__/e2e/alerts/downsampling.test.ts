import { sleep } from "zx";
import {
  type CoarserBucket,
  coarserBuckets,
  renderTask,
} from "../../../components/server/influxdb/downsampling";
import { exampleSettings } from "../../support/exampleSettings";
import { type AdminSession, signInAsAdmin } from "../support/adminSession";
import { rowsOf } from "../support/influx";
import { startRehearsal } from "../support/rehearsal";

const hour = 3600;
const outageHours = 24;

/** Each task with buckets of its own, so that the rows of one are not samples of the other. */
const settings = exampleSettings({ outageHours });
const cases = [
  { every: "5m", seconds: 300, task: taskOf("rehearsed", 0) },
  { every: "1h", seconds: hour, task: taskOf("rehearsed-hours", 1) },
];

function taskOf(bucket: string, index: number): CoarserBucket {
  return coarserBuckets(exampleSettings({ influxdb: { bucket }, outageHours }))[index] as CoarserBucket;
}

let admin: AdminSession;

const flux = (text: string): Promise<string> =>
  admin.api(`query?orgID=${admin.orgId}`, "-H", "Content-Type: application/vnd.flux", "--data-binary", text);

beforeAll(async () => {
  admin = await signInAsAdmin(await startRehearsal());
  await admin.makeBuckets(cases.flatMap(({ task }) => [task.source, task.target]));
});

afterAll(async () => {
  await admin.removeAll();
});

test("the stack's own tasks are there and active", async () => {
  const { tasks } = JSON.parse(await admin.api("tasks")) as {
    tasks: { name: string; status: string; every: string }[];
  };
  const found = tasks.map(({ name, status, every }) => ({ name, status, every }));
  expect(found.sort((a, b) => a.name.localeCompare(b.name))).toEqual([
    { name: "dev: prometheus_1h", status: "active", every: "1h" },
    { name: "dev: prometheus_5m", status: "active", every: "5m" },
  ]);
});

test.each(cases)(
  "the task of $every stores means and last values of the last window, and of a window that an outage has delayed",
  async ({ seconds, task }) => {
    // The last window must be the same for the samples and the task.
    const millisecondsLeft = seconds * 1000 - (Date.now() % (seconds * 1000));
    await sleep(millisecondsLeft < 30_000 ? millisecondsLeft : 0);
    const end = Math.floor(Date.now() / 1000 / seconds) * seconds;
    const windows = [end - seconds, end - outageHours * hour - seconds];
    const samples = windows.flatMap((window) =>
      [1, 2, 3, 4, 5].flatMap((value, index) => {
        const time = window + (index * seconds) / 5;
        return [
          // No panel shows node_procs_blocked over time, so the task leaves it out.
          `prometheus_remote_write,node_name=a node_load5=${value},node_procs_blocked=${value} ${time}`,
          `prometheus_remote_write,node_name=a,cpu=0,mode=idle node_cpu_seconds_total=${value} ${time}`,
        ];
      }),
    );
    await admin.write(task.source, samples.join("\n"));
    // A second run writes the same rows again.
    for (let run = 0; run < 2; run++) {
      await flux(renderTask("a task", task, settings));
    }
    const stored = await flux(
      `from(bucket: "${task.target}") |> range(start: -2d) |> group() |> keep(columns: ["_field", "_time", "_value"])`,
    );
    const found = rowsOf(stored).map(({ _field: field, _time: time = "", _value: value }) => ({
      field,
      time: Date.parse(time) / 1000,
      value,
    }));
    const expected = windows.flatMap((time) => [
      { field: "node_load5", time, value: "3" },
      { field: "node_cpu_seconds_total", time, value: "5" },
    ]);
    expect(found).toHaveLength(expected.length);
    expect(found).toEqual(expect.arrayContaining(expected));
  },
);
