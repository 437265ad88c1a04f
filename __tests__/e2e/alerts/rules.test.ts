import { exec } from "../../../scripts/rehearsal/machines/machine";
import { setTemperature, setThrottled } from "../../../scripts/rehearsal/machines/sensors";
import type { Stack } from "../../../scripts/stack/stack";
import { eventually } from "../../support/eventually";
import { docker, pis, shell } from "../support/machines";
import { evaluate, provisionedRules, type Rule, type Verdict } from "../support/provisioned";
import { pulumiOrFail, startRehearsal } from "../support/rehearsal";
import { changeSetting } from "../support/settingsFile";

let stack: Stack;
let token: string;
let rules: readonly Rule[];

async function up(): Promise<void> {
  await pulumiOrFail(stack, "up");
  token = (await stack.outputs()).grafanaToken;
  rules = await provisionedRules();
}

function ruleOf(uid: string): Rule {
  const rule = rules.find((each) => each.uid === `pi-monitoring-${uid}`);
  if (rule === undefined) {
    throw new Error(`there is no rule ${uid}`);
  }
  return rule;
}

/** The nodes, or other things, for which a rule is over its threshold. */
async function firing(uid: string): Promise<string[]> {
  const verdicts = await evaluate(token, ruleOf(uid));
  return verdicts
    .filter(({ fires }) => fires)
    .map(nameOf)
    .sort();
}

const nameOf = ({ labels }: Verdict): string => labels["node_name"] ?? Object.values(labels)[0] ?? "";

/** Waits until a rule fires for exactly these. */
async function expectFiring(uid: string, names: readonly string[], seconds: number): Promise<void> {
  const begin = Date.now();
  const look = async (): Promise<void> => {
    expect({ uid, firing: await firing(uid) }).toEqual({ uid, firing: [...names].sort() });
  };
  // Several rules are waited for at once, each for minutes.
  await eventually(`${uid} of ${names.join(", ") || "nothing"}`, seconds, look, 5);
  console.log(
    `${uid}: ${names.join(", ") || "resolved"} after ${((Date.now() - begin) / 1000).toFixed(0)} s`,
  );
}

/** Something that goes wrong, and the one rule that it makes fire. */
interface Fault {
  readonly what: string;
  readonly uid: string;
  /** For what the rule fires, and for nothing else. */
  readonly names: readonly string[];
  readonly happen: () => Promise<unknown>;
  readonly end: () => Promise<unknown>;
  /** Whether the rule goes on firing for a quarter of an hour after the end. */
  readonly lasts?: boolean;
}

/** Lets a fault happen, sees its rule fire within its `for`, ends the fault and sees the rule resolve. */
async function expectAlert({ uid, names, happen, end, lasts = false }: Fault): Promise<void> {
  await expectFiring(uid, [], 120);
  // A rule that fires at once is looked at every minute, and so are Telegraf's files.
  const patience = Math.max(120, Number.parseInt(ruleOf(uid).for, 10));
  await happen();
  try {
    await expectFiring(uid, names, patience);
  } finally {
    await end();
  }
  if (!lasts) {
    await expectFiring(uid, [], 300);
  }
}

beforeAll(async () => {
  stack = await startRehearsal();
  // The machine that the Pis are simulated on may be busy.
  await changeSetting<object | undefined>("alerts", (alerts) => ({ ...alerts, loadPerCore: 100 }));
  await changeSetting("contactPoints", () => ({ heartbeat: { url: "http://localhost:9/" } }));
  await up();
});

afterAll(async () => {
  await changeSetting<object>("alerts", () => ({}));
  await changeSetting("contactPoints", () => ({}));
  await up();
});

test("of a healthy cluster none fires but the heartbeat", async () => {
  await eventually("the heartbeat alone", 150, async () => {
    const found = [];
    for (const { uid, isPaused } of rules) {
      const name = uid.replace("pi-monitoring-", "");
      found.push(...(isPaused ? [] : await firing(name)).map((each) => `${name} ${each}`));
    }
    expect(found).toEqual(["heartbeat "]);
  });
});

const touch = (date: string, file: string): Promise<string> =>
  docker("exec", "telegraf", "touch", "--date", date, `/var/lib/telegraf/${file}`);

const disk = "/run/pi-monitoring/textfiles/disk.prom";

/** Lets a node report a disk of 64 MB. A container cannot mount one, and its overlays and memory are no disks. */
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

/** Faults that are no reason for each other's rules. Those of a group happen at once, as each is mostly waited for. */
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
      what: "a Pi that is held back by heat",
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
        // The service, too: one that runs just now would write its files after this.
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

describe("an alert fires for what is wrong and nothing else, and is resolved:", () => {
  beforeAll(async () => {
    // Without a backup its rule fires; Telegraf has looked before it is the turn of that.
    await touch("now", "last-backup");
  });

  afterAll(async () => {
    await exec("kube-1", ["rm", disk]);
  });

  describe.each(groups.map((faults) => ({ faults })))("of what happens at once,", ({ faults }) => {
    const alerts = new Map<string, Promise<void>>();

    beforeAll(() => {
      for (const fault of faults) {
        const alert = expectAlert(fault);
        // Its own test reports it, and that may come later.
        alert.catch(() => undefined);
        alerts.set(fault.what, alert);
      }
    });

    test.each(faults.map(({ what }) => what))("%s", async (what) => {
      await alerts.get(what);
    });
  });

  test("a master that is gone: every node, and the master itself, in one message", async () => {
    expect(await firing("remote-write-stalled")).toEqual([]);
    await exec("kube-0", ["systemctl", "stop", "pi-monitoring-prometheus"]);
    try {
      await expectFiring(
        "node-silent",
        pis.map((pi) => `${pi}.local`),
        300,
      );
      await expectFiring("remote-write-stalled", ["kube-0.local"], 300);
      // Messages are grouped by the topic.
      const topics = ["node-silent", "remote-write-stalled"].map((uid) => ruleOf(uid).labels["topic"]);
      expect(new Set(topics).size).toBe(1);
    } finally {
      await exec("kube-0", ["systemctl", "start", "pi-monitoring-prometheus"]);
    }
    await expectFiring("node-silent", [], 120);
    await expectFiring("remote-write-stalled", [], 120);
  });

  test("Telegraf that has stopped", async () => {
    await expectAlert({
      what: "Telegraf that has stopped",
      uid: "pipeline-silent",
      names: ["telegraf"],
      happen: () => docker("stop", "telegraf"),
      end: () => docker("start", "telegraf"),
    });
  });

  test("a credential that is too old", async () => {
    const rotated = new Date(Date.now() - 400 * 24 * 3600 * 1000).toISOString().slice(0, 10);
    await changeSetting<object | undefined>("rotated", (dates) => ({ ...dates, telegraf: rotated }));
    await up();
    await expectFiring("credential-due", ["telegraf"], 10);
    await changeSetting<object>("rotated", (dates) => ({
      ...dates,
      telegraf: new Date().toISOString().slice(0, 10),
    }));
    await up();
    await expectFiring("credential-due", [], 10);
  });
});
