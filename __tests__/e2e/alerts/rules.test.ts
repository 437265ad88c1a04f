import { $ as zx, retry } from "zx";
import { exec } from "../../../scripts/lab/machine";
import { setTemperature, setThrottled } from "../../../scripts/lab/sensors";
import { openStack } from "../../../scripts/stack/openStack";
import type { Stack } from "../../../scripts/stack/stack";
import { evaluate, provisionedRules, type Rule, type Verdict } from "../support/provisioned";
import { changeSetting, pis } from "../support/rehearsal";

let stack: Stack;
let token: string;
let rules: readonly Rule[];

async function up(): Promise<void> {
  const { exitCode, output } = await stack.capture("up", "--yes", "--non-interactive", "--skip-preview");
  if (exitCode !== 0) {
    throw new Error(output);
  }
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
  await retry(Math.ceil(seconds / 2), "2s", async () => {
    expect({ uid, firing: await firing(uid) }).toEqual({ uid, firing: [...names].sort() });
  });
  console.log(
    `${uid}: ${names.join(", ") || "resolved"} after ${((Date.now() - begin) / 1000).toFixed(0)} s`,
  );
}

/** Lets something happen, sees the rule fire for these within its `for`, takes it back and sees it resolve. */
async function expectAlert(
  uid: string,
  names: readonly string[],
  happen: () => Promise<unknown>,
  end: () => Promise<unknown>,
): Promise<void> {
  expect(await firing(uid)).toEqual([]);
  // A rule that fires at once is looked at every minute.
  const patience = Math.max(60, Number.parseInt(ruleOf(uid).for, 10));
  await happen();
  try {
    await expectFiring(uid, names, patience);
  } finally {
    await end();
  }
  await expectFiring(uid, [], 300);
}

const docker = (...words: string[]): Promise<string> => exec("vps", ["docker", ...words]);

beforeAll(async () => {
  await zx({ quiet: true })`npm run start -- --yes`;
  stack = await openStack("dev");
  // The machine that the Pis are simulated on may be busy.
  await changeSetting<object | undefined>("alerts", (alerts) => ({ ...alerts, loadPerCore: 100 }));
  await up();
});

afterAll(async () => {
  await changeSetting<object>("alerts", () => ({}));
  await up();
});

test("of a healthy cluster none fires but the heartbeat", async () => {
  await retry(30, "5s", async () => {
    const found = [];
    for (const { uid, isPaused } of rules) {
      const name = uid.replace("pi-monitoring-", "");
      found.push(...(isPaused ? [] : await firing(name)).map((each) => `${name} ${each}`));
    }
    expect(found).toEqual(["heartbeat "]);
  });
});

describe("an alert fires for what is wrong and nothing else, and is resolved:", () => {
  test("a hot Pi", async () => {
    await expectAlert(
      "temperature",
      ["kube-1.local"],
      () => setTemperature("kube-1", 82),
      () => setTemperature("kube-1", 48.312),
    );
  });

  test("too low a voltage now", async () => {
    await expectAlert(
      "under-voltage",
      ["kube-1.local"],
      () => setThrottled("kube-1", 0x1),
      () => setThrottled("kube-1", 0x0),
    );
  });

  test("too low a voltage between two looks", async () => {
    // It fires for a quarter of an hour after it.
    await setThrottled("kube-2", 0x10000);
    try {
      await expectFiring("under-voltage", ["kube-2.local"], 60);
    } finally {
      await setThrottled("kube-2", 0x0);
    }
  });

  test("a Pi that is held back by heat", async () => {
    await expectAlert(
      "throttled",
      ["kube-0.local"],
      () => setThrottled("kube-0", 0x4),
      () => setThrottled("kube-0", 0x0),
    );
  });

  test("a root file system that has become read-only", async () => {
    await expectAlert(
      "read-only",
      ["kube-2.local"],
      // Nobody must have a file open for writing; the journal always has.
      () => exec("kube-2", ["sh", "-ec", "journalctl --relinquish-var; mount -o remount,bind,ro /"]),
      () => exec("kube-2", ["sh", "-ec", "mount -o remount,bind,rw /; journalctl --flush"]),
    );
  });

  test("a disk that is full", async () => {
    // Of a size of its own: what is written must not fill the machine that the Pi is simulated on.
    const mount = [
      "mkdir -p /srv/small /boot/firmware",
      "mount -t tmpfs -o size=64m tmpfs /srv/small",
      "mkdir /srv/small/lower /srv/small/upper /srv/small/work",
      "mount -t overlay -o lowerdir=/srv/small/lower,upperdir=/srv/small/upper,workdir=/srv/small/work overlay /boot/firmware",
    ];
    await exec("kube-1", ["sh", "-ec", mount.join("; ")]);
    try {
      await expectAlert(
        "disk-full",
        ["kube-1.local"],
        () => exec("kube-1", ["dd", "if=/dev/zero", "of=/boot/firmware/fill", "bs=1M", "count=62"]),
        () => exec("kube-1", ["rm", "/boot/firmware/fill"]),
      );
    } finally {
      await exec("kube-1", ["umount", "/boot/firmware", "/srv/small"]);
    }
  });

  test("a node that is silent", async () => {
    await expectAlert(
      "node-silent",
      ["kube-2.local"],
      () => exec("kube-2", ["systemctl", "stop", "prometheus-node-exporter"]),
      () => exec("kube-2", ["systemctl", "start", "prometheus-node-exporter"]),
    );
    expect(await firing("remote-write-stalled")).toEqual([]);
  });

  test("a master that is gone: every node, and the master itself, in one message", async () => {
    await exec("kube-0", ["systemctl", "stop", "prometheus"]);
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
      await exec("kube-0", ["systemctl", "start", "prometheus"]);
    }
    await expectFiring("node-silent", [], 120);
    await expectFiring("remote-write-stalled", [], 120);
  });

  test("Telegraf that has stopped", async () => {
    await expectAlert(
      "pipeline-silent",
      ["telegraf"],
      () => docker("stop", "telegraf"),
      () => docker("start", "telegraf"),
    );
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

  test("a backup that is too old, and the test of the messages", async () => {
    const touch = (date: string, file: string): Promise<string> =>
      docker("exec", "telegraf", "touch", "--date", date, `/var/lib/telegraf/${file}`);
    await expectFiring("alert-test", [], 1);
    // Telegraf looks once a minute, at both.
    await touch("100 hours ago", "last-backup");
    await touch("now", "alert-test");
    await expectFiring("backup-old", ["last-backup"], 120);
    await expectFiring("alert-test", ["alert-test"], 120);
    await touch("now", "last-backup");
    await touch("1 hour ago", "alert-test");
    await expectFiring("backup-old", [], 120);
    await expectFiring("alert-test", [], 120);
  });

  test("sensors that do not answer", async () => {
    const age = "touch --date '1 hour ago' /var/lib/node_exporter/textfile_collector/raspberrypi-*.prom";
    await expectAlert(
      "sensors-stale",
      ["kube-1.local"],
      async () => {
        // The service, too: one that runs just now would write its files after this.
        await exec("kube-1", [
          "systemctl",
          "stop",
          "raspberrypi_exporter.timer",
          "raspberrypi_exporter.service",
        ]);
        await exec("kube-1", ["sh", "-c", age]);
      },
      () => exec("kube-1", ["systemctl", "start", "raspberrypi_exporter.timer"]),
    );
  });
});
