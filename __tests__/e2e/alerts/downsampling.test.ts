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
const bucket = "rehearsed";
const outageHours = 24;

let admin: AdminSession;

const flux = (text: string): Promise<string> =>
  admin.api(`query?orgID=${admin.orgId}`, "-H", "Content-Type: application/vnd.flux", "--data-binary", text);

beforeAll(async () => {
  admin = await signInAsAdmin(await startRehearsal());
  await admin.makeBuckets([bucket, `${bucket}_5m`]);
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

test("a task stores means and last values of the last window, and of a window that an outage has delayed", async () => {
  const settings = exampleSettings({ influxdb: { bucket }, outageHours });
  const [task] = coarserBuckets(settings);
  // The last window must be the same for the samples and the task.
  const left = 300_000 - (Date.now() % 300_000);
  await sleep(left < 30_000 ? left : 0);
  const end = Math.floor(Date.now() / 300_000) * 300;
  const windows = [end - 300, end - outageHours * hour - 300];
  const samples = windows.flatMap((window) =>
    [1, 2, 3, 4, 5].flatMap((value, minute) => {
      const time = window + minute * 60;
      return [
        // No panel shows node_procs_blocked over time, so the task leaves it out.
        `prometheus_remote_write,node_name=a node_load5=${value},node_procs_blocked=${value} ${time}`,
        `prometheus_remote_write,node_name=a,cpu=0,mode=idle node_cpu_seconds_total=${value} ${time}`,
      ];
    }),
  );
  await admin.write(bucket, samples.join("\n"));
  // A second run writes the same rows again.
  for (let run = 0; run < 2; run++) {
    await flux(renderTask("rehearsed", task as CoarserBucket, settings));
  }
  const stored = await flux(
    `from(bucket: "${bucket}_5m") |> range(start: -2d) |> group() |> keep(columns: ["_field", "_time", "_value"])`,
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
});
