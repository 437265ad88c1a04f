import { dashboardNames, renderDashboard } from "../../../components/dashboards/dashboards";
import { parseSettings } from "../../../components/settings/settings";
import { type AdminSession, signInAsAdmin } from "../support/adminSession";
import { type Dashboard, runFlux } from "../support/provisioned";
import { full, startRehearsal } from "../support/rehearsal";

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

/** The samples of a node at a time, in InfluxDB's line protocol: all metrics of nodes that dashboards query. */
function samplesAt(host: string, index: number, seconds: number): string[] {
  const tags = `prometheus_remote_write,instance=${host}:9100,job=node,monitor=mykube,node_name=${host}`;
  const wave = Math.sin(seconds / 5000 + index);
  const line = (tagsOfMetric: string, fields: Readonly<Record<string, number>>): string =>
    `${tags}${tagsOfMetric} ${Object.entries(fields)
      .map(([name, value]) => `${name}=${value}`)
      .join(",")} ${seconds}`;
  // One node has every mode, for its own dashboard; of the others only the idle time counts.
  const modes =
    index === 1 ? ["idle", "user", "system", "iowait", "irq", "nice", "softirq", "steal"] : ["idle"];
  return [
    line("", {
      up: 1,
      node_load1: 1 + wave,
      node_load5: 1 + wave,
      node_load15: 1,
      node_memory_MemAvailable_bytes: 2e9 + 1e9 * wave,
      node_memory_MemTotal_bytes: 4e9,
      node_time_seconds: seconds,
      node_boot_time_seconds: 1.7e9,
      node_timex_sync_status: 1,
      node_reboot_required: 0,
      node_procs_blocked: 0,
      apt_upgrades_pending: index % 7,
      rpi_root_readonly: 0,
    }),
    ...[0, 1, 2, 3].flatMap((cpu) =>
      modes.map((mode) => line(`,cpu=${cpu},mode=${mode}`, { node_cpu_seconds_total: seconds * 0.5 + cpu })),
    ),
    ...["/", "/boot/firmware"].map((mountpoint) =>
      line(`,mountpoint=${mountpoint}`, {
        node_filesystem_avail_bytes: 2e10 + 1e9 * wave,
        node_filesystem_size_bytes: 3e10,
      }),
    ),
    ...["eth0", "wlan0"].map((device) =>
      line(`,device=${device}`, {
        node_network_receive_bytes_total: seconds * 100,
        node_network_transmit_bytes_total: seconds * 200,
      }),
    ),
    line(",device=mmcblk0", {
      node_disk_read_bytes_total: seconds * 10,
      node_disk_written_bytes_total: seconds * 30,
    }),
    line(",sensor=thermal_zone0,type=cpu-thermal", { rpi_temperature: 50 + 10 * wave }),
    line(",component=arm", { rpi_frequency: 1.2e9 + 3e8 * wave, rpi_frequency_max: 1.5e9 }),
    ...["core", "sdram_c", "sdram_i", "sdram_p"].map((component) =>
      line(`,component=${component}`, { rpi_voltage: 0.9 }),
    ),
    ...["under_voltage", "frequency_capped", "throttled", "soft_temperature_limit"].flatMap((condition) =>
      ["now", "boot"].map((since) => line(`,condition=${condition},since=${since}`, { rpi_throttled: 0 })),
    ),
  ];
}

/** Writes the samples of all nodes at these times to a bucket. */
async function writeSamples(target: string, times: readonly number[]): Promise<void> {
  const body = times
    .flatMap((time) => nodes.flatMap(({ host }, index) => samplesAt(host, index, time)))
    .join("\n");
  await admin.write(target, body);
}

// Only with --full: the samples of a month take minutes to write. The panels themselves are in panels.test.ts; here only
// the time of their queries is measured.
(full ? describe : describe.skip)("a fleet of 300 nodes", () => {
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

  test.each(dashboardNames)("the dashboard %s of 300 nodes and 30 days answers within 2 s", async (name) => {
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
    console.log(`${name}: the slowest of ${panels.length} panels is ${slowest.title}, ${slowest.seconds} s`);
    expect(slow).toEqual([]);
  });
});
