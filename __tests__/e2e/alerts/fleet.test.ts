import { dashboardNames, renderDashboard } from "../../../components/dashboards/dashboards";
import { parseSettings } from "../../../components/settings/settings";
import { type AdminSession, signInAsAdmin } from "../support/adminSession";
import { nodeSamples } from "../support/nodeSamples";
import { type Dashboard, runFlux } from "../support/provisioned";
import { isFullRun, startRehearsal } from "../support/rehearsal";

const bucket = "fleet";
const nodes = Array.from({ length: 300 }, (_, index) => ({
  name: `node-${index}`,
  host: `node-${index}.local`,
  hostKey: "unchecked",
  key: "agent",
  master: index === 0,
}));
const settings = parseSettings("dev", {
  "pi-monitoring:domain": "pi.test",
  "pi-monitoring:vps": "local",
  "pi-monitoring:nodes": JSON.stringify(nodes),
  "pi-monitoring:influxdb": JSON.stringify({ bucket }),
});
const days = 30;
const hour = 3600;

let admin: AdminSession;
let token: string;

/** The samples of a node at a time, in InfluxDB's line protocol. One node has every mode, for its own dashboard. */
function samplesAt(host: string, index: number, time: number): string[] {
  const tags = `instance=${host}:9100,job=node,monitor=mykube,node_name=${host}`;
  return nodeSamples({ tags, index, time, hasAllCpuModes: index === 1 });
}

/** Writes the samples of all nodes at these times to a bucket. */
async function writeSamples(target: string, times: readonly number[]): Promise<void> {
  const body = times
    .flatMap((time) => nodes.flatMap(({ host }, index) => samplesAt(host, index, time)))
    .join("\n");
  await admin.write(target, body);
}

// Only with --full: the samples of a month take minutes to write. The panels themselves are in dashboards/panels.test.ts;
// here only the time of their queries is measured.
(isFullRun ? describe : describe.skip)("a fleet of 300 nodes", () => {
  beforeAll(async () => {
    admin = await signInAsAdmin(await startRehearsal());
    token = await admin.makeBuckets([bucket, `${bucket}_5m`, `${bucket}_1h`]);

    const now = Math.floor(Date.now() / 1000);
    for (let day = days; day > 0; day--) {
      // Half a day is one request.
      for (const half of [0, 12]) {
        const times = Array.from({ length: 12 }, (_, index) => now - (day * 24 - half - index) * hour);
        await writeSamples(
          `${bucket}_1h`,
          times.map((time) => time - (time % hour)),
        );
      }
    }
    await writeSamples(
      bucket,
      Array.from({ length: 10 }, (_, index) => now - (9 - index) * 60),
    );
  });

  afterAll(async () => {
    // Unset if the rehearsal did not start.
    await (admin as AdminSession | undefined)?.removeAll();
  });

  test.each(dashboardNames(settings))(
    "the dashboard %s of 300 nodes and 30 days answers within 2 s",
    async (name) => {
      const { panels } = JSON.parse(
        renderDashboard(name, settings, { telegraf: "2026-01-01T00:00:00Z" }),
      ) as Dashboard;
      const slow: string[] = [];
      let slowest = { title: "", seconds: 0 };
      for (const { title, maxDataPoints, targets } of panels) {
        for (const { query } of targets) {
          const begin = Date.now();
          const rows = await runFlux(token, query, {
            seconds: days * 24 * hour,
            points: maxDataPoints ?? 200,
            variables: { node: "node-1.local" },
          });
          const seconds = (Date.now() - begin) / 1000;
          // Some panels of this one show what the server measures of itself, which these buckets do not have. Its other
          // queries read the samples of the whole fleet.
          if (name !== "pipeline") {
            expect({ title, empty: rows.length === 0 }).toEqual({ title, empty: false });
          }
          slowest = seconds > slowest.seconds ? { title, seconds } : slowest;
          if (seconds >= 2) {
            slow.push(`${title}: ${seconds} s`);
          }
        }
      }
      console.log(
        `${name}: the slowest of ${panels.length} panels is ${slowest.title}, ${slowest.seconds} s`,
      );
      expect(slow).toEqual([]);
    },
  );
});
