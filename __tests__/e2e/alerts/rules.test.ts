import { exec } from "../../../scripts/rehearsal/machines/machine";
import { setTemperature, setThrottled } from "../../../scripts/rehearsal/machines/sensors";
import type { Stack } from "../../../scripts/stack/stack";
import { eventually } from "../../support/eventually";
import { evaluate, unknownLabels } from "../support/provisioned";
import { type Fault, RuleWatch, testFaults } from "../support/faults";
import { docker, hosts, shell } from "../support/machines";
import { pulumiOrFail, startRehearsal } from "../support/rehearsal";
import { changeSetting, withSettings } from "../support/settingsFile";

// Evaluates the query and the threshold of each rule itself; Grafana's own evaluation is in grafana.test.ts.

let stack: Stack;
let watch: RuleWatch;

async function up(): Promise<void> {
  await pulumiOrFail(stack, "up");
  watch = await RuleWatch.of(stack);
}

beforeAll(async () => {
  stack = await startRehearsal();
  // The machine that the Pis are simulated on may be busy.
  await changeSetting("alerts", () => ({ loadPerCore: 100 }));
  // Without a heartbeat its rule would be paused. Nothing listens there.
  await changeSetting("contactPoints", () => ({ heartbeat: { url: "http://localhost:9/" } }));
  await up();
});

afterAll(async () => {
  await changeSetting("alerts", () => undefined);
  await changeSetting("contactPoints", () => undefined);
  await up();
});

test("every rule can be evaluated, and those about nodes have all three", async () => {
  const { grafanaToken } = await stack.outputs();
  // What the server measures of itself comes every minute, and a difference takes two of them.
  await eventually("results of every rule", 200, async () => {
    for (const rule of watch.rules) {
      const results = await evaluate(grafanaToken, rule);
      expect({ uid: rule.uid, empty: results.length === 0 }).toEqual({ uid: rule.uid, empty: false });
      // Rules about remote write have masters only.
      if (rule.annotations.summary.includes(".node_name") && !rule.uid.includes("remote-write")) {
        const about = [...new Set(results.map(({ labels }) => labels["node_name"]))].sort();
        expect({ uid: rule.uid, about }).toEqual({ uid: rule.uid, about: hosts });
      }
      expect({ uid: rule.uid, unknown: unknownLabels(rule, results) }).toEqual({
        uid: rule.uid,
        unknown: [],
      });
    }
  });
});

test("in a healthy cluster only the heartbeat's rule is over its threshold", async () => {
  // The server's disk is this machine's. Where it is nearly full, the rule about it is right.
  const [size = 1, free = 0] = (await shell("vps", "df --output=size,avail / | tail -n 1"))
    .trim()
    .split(/ +/)
    .map(Number);
  const used = Math.round(100 * (1 - free / size));
  const excepted = used < 75 ? [] : ["pi-monitoring-server-disk-full"];
  if (excepted.length > 0) {
    console.log(`not looked at, as this machine's disk is ${used} % full: ${excepted.join()}`);
  }
  await eventually("the heartbeat alone", 150, async () => {
    const found: Record<string, readonly string[]> = {};
    for (const { uid } of watch.rules.filter((rule) => !rule.isPaused && !excepted.includes(rule.uid))) {
      const { over } = await watch.look(uid.replace("pi-monitoring-", ""));
      if (over.length > 0) {
        found[uid] = over;
      }
    }
    expect(found).toEqual({ "pi-monitoring-heartbeat": ["no label"] });
  });
});

const touch = (date: string, file: string): Promise<string> =>
  docker("exec", "telegraf", "touch", "--date", date, `/var/lib/telegraf/${file}`);

const disk = "/run/pi-monitoring/textfiles/disk.prom";

/** Makes a node report a disk of 64 MB. A container cannot mount one, and its own file systems are no disks. */
async function reportDisk(node: string, free: number): Promise<void> {
  const labels = '{device="/dev/sda1",fstype="ext4",mountpoint="/boot/firmware"}';
  const lines = [
    "# HELP node_filesystem_avail_bytes Filesystem space available to non-root users in bytes.",
    "# TYPE node_filesystem_avail_bytes gauge",
    `node_filesystem_avail_bytes${labels} ${free}`,
    "# HELP node_filesystem_size_bytes Filesystem size in bytes.",
    "# TYPE node_filesystem_size_bytes gauge",
    `node_filesystem_size_bytes${labels} 64e6`,
  ];
  await exec(node, ["tee", disk], `${lines.join("\n")}\n`);
}

const groups: readonly (readonly Fault[])[] = [
  [
    {
      what: "a hot Pi",
      uid: "temperature",
      names: ["kube-1.local"],
      happen: () => setTemperature("kube-1", 82),
      end: () => setTemperature("kube-1", 48.312),
    },
    {
      what: "too low a voltage now",
      uid: "under-voltage",
      names: ["kube-1.local"],
      happen: () => setThrottled("kube-1", 0x1),
      end: () => setThrottled("kube-1", 0x0),
    },
    {
      what: "a Pi that is throttled by heat",
      uid: "throttled",
      names: ["kube-0.local"],
      happen: () => setThrottled("kube-0", 0x4),
      end: () => setThrottled("kube-0", 0x0),
    },
    {
      what: "a root file system that has become read-only",
      uid: "read-only",
      names: ["kube-2.local"],
      // No process may have a file open for writing, and the journal always has one.
      happen: () => shell("kube-2", "journalctl --relinquish-var && mount -o remount,bind,ro /"),
      end: () => shell("kube-2", "mount -o remount,bind,rw / && journalctl --flush"),
    },
    {
      what: "a disk that is full",
      uid: "disk-full",
      names: ["kube-1.local"],
      happen: () => reportDisk("kube-1", 2e6),
      end: () => reportDisk("kube-1", 62e6),
    },
    {
      what: "the test of the messages",
      uid: "alert-test",
      names: ["alert-test"],
      happen: () => touch("now", "alert-test"),
      end: () => touch("1 hour ago", "alert-test"),
    },
  ],
  [
    {
      what: "too low a voltage between two looks",
      uid: "under-voltage",
      names: ["kube-2.local"],
      happen: () => setThrottled("kube-2", 0x10000),
      end: () => setThrottled("kube-2", 0x0),
      lasts: true,
    },
    {
      what: "a node that is silent",
      uid: "node-silent",
      names: ["kube-0.local"],
      happen: () => exec("kube-0", ["systemctl", "stop", "pi-monitoring-node-exporter"]),
      end: () => exec("kube-0", ["systemctl", "start", "pi-monitoring-node-exporter"]),
    },
    {
      what: "a backup that is too old",
      uid: "backup-old",
      names: ["last-backup"],
      happen: () => touch("100 hours ago", "last-backup"),
      end: () => touch("now", "last-backup"),
    },
    {
      what: "sensors that do not answer",
      uid: "sensors-stale",
      names: ["kube-1.local"],
      happen: async () => {
        // The service too: if it runs at this moment, it writes its files after this.
        await exec("kube-1", [
          "systemctl",
          "stop",
          "pi-monitoring-textfiles.timer",
          "pi-monitoring-textfiles.service",
        ]);
        const age = "touch --date '1 hour ago' /run/pi-monitoring/textfiles/raspberrypi-*.prom";
        await shell("kube-1", age);
      },
      end: () => exec("kube-1", ["systemctl", "start", "pi-monitoring-textfiles.timer"]),
    },
  ],
];

describe("a rule is over its threshold for what is wrong and nothing else, until it is repaired:", () => {
  beforeAll(async () => {
    // Without a backup its rule is over its threshold. Telegraf sees this file before the second group begins.
    await touch("now", "last-backup");
  });

  afterAll(async () => {
    await exec("kube-1", ["rm", disk]);
  });

  testFaults(groups, () => watch);

  test("a master that is gone: every node, and the master itself, with one topic", async () => {
    expect((await watch.look("remote-write-stalled")).over).toEqual([]);
    await exec("kube-0", ["systemctl", "stop", "pi-monitoring-prometheus"]);
    try {
      await watch.expectOver("node-silent", hosts, 300);
      await watch.expectOver("remote-write-stalled", ["kube-0.local"], 300);
      // Alerts of one topic are one message.
      const topics = ["node-silent", "remote-write-stalled"].map((uid) => watch.rule(uid).labels["topic"]);
      expect(new Set(topics).size).toBe(1);
    } finally {
      await exec("kube-0", ["systemctl", "start", "pi-monitoring-prometheus"]);
    }
    await watch.expectOver("node-silent", [], 120);
    await watch.expectOver("remote-write-stalled", [], 120);
  });

  test("Telegraf that has stopped", async () => {
    await watch.expectFound({
      uid: "pipeline-silent",
      names: ["telegraf"],
      happen: () => docker("stop", "telegraf"),
      end: () => docker("start", "telegraf"),
    });
  });

  test("a credential that is too old", async () => {
    const telegraf = new Date(Date.now() - 400 * 24 * 3600 * 1000).toISOString().slice(0, 10);
    await withSettings(
      () => changeSetting<object>("rotated", (dates) => ({ ...dates, telegraf })),
      async () => {
        await up();
        await watch.expectOver("credential-due", ["telegraf"], 10);
      },
    );
    await up();
    await watch.expectOver("credential-due", [], 10);
  });
});
