// Runs only when it is named, see scripts/tools/suites.ts.
import { join } from "node:path";
import type { Browser, Page } from "puppeteer-core";
import { takePicture } from "../../../scripts/rehearsal/grafanaPage";
import { exec } from "../../../scripts/rehearsal/machines/machine";
import {
  nvmeReport,
  sataReport,
  setDisk,
  setDiskActivity,
  setDisks,
  setMonitors,
  setPower,
  setTemperature,
} from "../../../scripts/rehearsal/machines/sensors";
import { openStack } from "../../../scripts/rehearsal/openStack";
import type { Stack } from "../../../scripts/stack/stack";
import { run, runOrFail } from "../../support/commands";
import { eventually } from "../../support/eventually";
import { expectDrawn, expectNoData, openBrowser, pictures, sizes, wide } from "../support/dashboardPage";
import { type Fault, RuleWatch, testFaults } from "../support/faults";
import { dashboardOf, provisionedDashboards } from "../support/provisioned";
import { deploy, expectHealthy } from "../support/rehearsal";
import { changeSetting } from "../support/settingsFile";
import {
  cutLine,
  setNameKnown,
  serveCertificate,
  setDelay,
  startTargets,
  startTarget,
  stopTargets,
  stopTarget,
  targets,
} from "./targets";

const master = "kube-0.local";
/** The nodes that are Raspberry Pis 5 with disks; the master is none. */
const nodes = ["kube-1.local", "kube-2.local"];

const settings = {
  presets: { internet: { targets: Object.values(targets) }, disks: true, pi5: true },
  // The shortest times, as each probe is a minute after the one before.
  alerts: { silentMinutes: 1, probeSeconds: 1 },
};

let stack: Stack;
let url: string;
/** The rules of a stack without presets. */
let others: readonly string[];
let watch: RuleWatch;

async function changeDisk(pi: string, name: string, report: string): Promise<void> {
  await setDisk(pi, name, report);
  await readDisks(pi);
}

async function readDisks(pi: string): Promise<void> {
  // Not `start`, which leaves one that runs: it may have read the report before.
  await exec(pi, ["systemctl", "restart", "pi-monitoring-disks.service"]);
}

beforeAll(async () => {
  const { stdout } = await runOrFail("start", ["--yes"]);
  [, url = ""] = /^Grafana: (\S+)/m.exec(stdout) ?? [];
  stack = await openStack("dev");
  others = (await RuleWatch.of(stack)).rules.map(({ uid }) => uid);
  await startTargets();
  for (const [key, value] of Object.entries(settings)) {
    await changeSetting(key, () => value);
  }
  await setDisks("kube-1", { nvme0: nvmeReport({}) });
  await setDisks("kube-2", { sda: sataReport({}), sdb: sataReport({ celsius: 38 }) });
  await setDiskActivity("kube-1", ["nvme0n1"]);
  await setDiskActivity("kube-2", ["sda", "sdb"]);
  await setPower("kube-1", {});
  await setPower("kube-2", { battery: 3 });
  await setMonitors("kube-1", { fan: 2100, nvme: 44, charging: 0 });
  await setMonitors("kube-2", { fan: 0, nvme: 41, charging: 3 });
  await deploy();
  await readDisks("kube-1");
  await readDisks("kube-2");
  watch = await RuleWatch.of(stack, new Date());
});

afterAll(async () => {
  for (const pi of ["kube-1", "kube-2"]) {
    await setDisks(pi, {});
    await setDiskActivity(pi, []);
    await setPower(pi, undefined);
    await setMonitors(pi, undefined);
  }
  await setTemperature("kube-2", 48.312);
  for (const key of Object.keys(settings)) {
    await changeSetting(key, () => undefined);
  }
  await deploy().finally(stopTargets);
});

const groups: readonly (readonly Fault[])[] = [
  [
    {
      what: "a page that does not answer",
      uid: "internet-target",
      names: [`${master} ${targets.pageToStop}`],
      happen: () => stopTarget("page-to-stop"),
      end: () => startTarget("page-to-stop"),
    },
    {
      what: "a DNS server that does not answer, and a name that the master cannot resolve",
      uid: "internet-dns",
      names: [`${master} ${targets.dns}`, `${master} ${targets.name}`],
      happen: () => Promise.all([stopTarget("dns"), setNameKnown(false)]),
      end: () => Promise.all([startTarget("dns"), setNameKnown(true)]),
    },
    {
      what: "a page that is slow",
      uid: "internet-slow",
      names: [`${master} ${targets.pageToSlow}`],
      happen: () => setDelay(8),
      end: () => setDelay(0),
      lasts: true,
    },
    {
      what: "a certificate that ends soon",
      uid: "internet-certificate",
      names: [targets.site],
      happen: () => serveCertificate(5),
      end: () => serveCertificate(90),
    },
    {
      what: "an NVMe disk without spare blocks",
      uid: "disk-spare",
      names: ["kube-1.local nvme0"],
      happen: () => changeDisk("kube-1", "nvme0", nvmeReport({ spare: 10 })),
      end: () => changeDisk("kube-1", "nvme0", nvmeReport({})),
    },
    {
      what: "a disk that loses sectors",
      uid: "disk-sectors",
      names: ["kube-2.local sda reallocated sectors"],
      happen: () => changeDisk("kube-2", "sda", sataReport({ reallocated: 8 })),
      // They stay; what counts is whether they grow.
      end: () => Promise.resolve(),
      lasts: true,
    },
    {
      what: "a hot disk",
      uid: "disk-hot",
      names: ["kube-2.local sdb"],
      happen: () => changeDisk("kube-2", "sdb", sataReport({ celsius: 74 })),
      end: () => changeDisk("kube-2", "sdb", sataReport({ celsius: 38 })),
    },
    {
      what: "a Raspberry Pi 5 with too low a voltage at its input",
      uid: "input-voltage-low",
      names: ["kube-1.local"],
      happen: () => setPower("kube-1", { input: 4 }),
      end: () => setPower("kube-1", {}),
      lasts: true,
    },
    {
      what: "a fan that stands still on a hot node",
      uid: "fan-stopped",
      names: ["kube-2.local"],
      // It stood still while the node was cool.
      happen: () => setTemperature("kube-2", 70),
      end: () => setTemperature("kube-2", 48.312),
    },
    {
      what: "a battery of the clock that is low",
      uid: "clock-battery-low",
      names: ["kube-2.local"],
      happen: () => setPower("kube-2", { battery: 1 }),
      end: () => setPower("kube-2", { battery: 3 }),
      lasts: true,
    },
  ],
  [
    {
      what: "probes that have stopped",
      uid: "internet-unknown",
      names: [master],
      happen: () => exec("kube-0", ["systemctl", "stop", "pi-monitoring-internet-exporter"]),
      end: () => exec("kube-0", ["systemctl", "start", "pi-monitoring-internet-exporter"]),
    },
    {
      what: "a disk that is worn",
      uid: "disk-worn",
      names: ["kube-1.local nvme0"],
      happen: () => changeDisk("kube-1", "nvme0", nvmeReport({ wear: 95 })),
      end: () => changeDisk("kube-1", "nvme0", nvmeReport({})),
    },
    {
      what: "a disk that reports that it fails",
      uid: "disk-failing",
      names: ["kube-2.local sdb"],
      happen: () => changeDisk("kube-2", "sdb", sataReport({ isHealthy: false, celsius: 38 })),
      end: () => changeDisk("kube-2", "sdb", sataReport({ celsius: 38 })),
    },
  ],
];

describe("the rules of the presets", () => {
  /** The names of each rule's fault. `internet-down` has a test of its own below. */
  const about = new Map([
    ...groups.flat().map(({ uid, names }) => [uid, names] as const),
    ["internet-down", [master]] as const,
  ]);

  test("each has a fault here", () => {
    const added = watch.rules.map(({ uid }) => uid).filter((uid) => !others.includes(uid));
    expect([...about.keys()].map((uid) => `pi-monitoring-${uid}`).sort()).toEqual(added.sort());
  });

  test("each has a value of what is healthy, and is not over its threshold", async () => {
    await expectHealthy(stack);
    for (const [uid, names] of about) {
      await eventually(`values of ${uid}`, 180, async () => {
        expect(await watch.look(uid)).toEqual({
          all: expect.arrayContaining([...names]) as string[],
          over: [],
          unknown: [],
        });
      });
    }
  });

  describe("a rule is over its threshold for what is wrong and nothing else, until it is repaired:", () => {
    testFaults(groups, () => watch);

    test("a line that was down, once it is up", async () => {
      await watch.expectOver("internet-down", [], 10);
      let end = new Date();
      await cutLine(true);
      try {
        // Whole minutes of the clock count, so one more than there is in the setting.
        await eventually("two minutes without an answer", 240, async () => {
          expect(await localValue("max(max_over_time(probe_success[125s]))")).toBe(0);
        });
        end = new Date();
      } finally {
        await cutLine(false);
      }
      await watch.expectOver("internet-down", [master], 300);
      // What was scraped together may arrive apart. Once all has, no target is reported for what was the line.
      await eventually("no target without an answer while another one had one", 60, async () => {
        expect((await watch.look("internet-target", end)).over).toEqual([]);
      });
      await watch.expectOverLater("internet-down", [master]);
    });
  });
});

/** What an expression is on the master's own Prometheus. */
async function localValue(expression: string): Promise<number> {
  const url = "http://localhost:9090/api/v1/query";
  const curl = ["curl", "-sSfG", "--data-urlencode", `query=${expression}`, url];
  const { data } = JSON.parse(await exec("kube-0", curl)) as {
    data: { result: { value: [number, string] }[] };
  };
  return Number(data.result[0]?.value[1]);
}

/**
 * The nodes that a panel of a dashboard shows, after the faults above; undefined for the table Outages on a phone, which
 * cuts their column off.
 */
const nodesOf: Readonly<Record<string, (title: string, isWide: boolean) => readonly string[] | undefined>> = {
  internet: (title, isWide) => {
    const isTable = title === "Outages";
    return isTable && !isWide ? undefined : isTable ? [master] : [];
  },
  disks: () => nodes,
  pi5: (title) => {
    const isOfAll = title.endsWith("by rail");
    return isOfAll ? [] : title === "Battery of the clock" ? ["kube-2.local"] : nodes;
  },
};

describe("the dashboards of the presets", () => {
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    ({ browser, page } = await openBrowser(url, (await run("password")).stdout.trim()));
  });

  afterAll(async () => {
    await browser.close();
  });

  describe.each(Object.keys(nodesOf))("the dashboard %s", (name) => {
    test.each(sizes)(
      "draws every panel $where, with data of the nodes that have it, in its unit and with its legend",
      async ({ size }) => {
        await expectDrawn(page, url, dashboardOf(await provisionedDashboards(), name), {
          size,
          nodesOf: ({ title }) => nodesOf[name]?.(title, size === wide),
          check: (shown) => {
            const ofTargets = shown.filter(({ title }) =>
              ["Targets", "Answered probes", "Duration"].includes(title),
            );
            expect(ofTargets).toHaveLength(name === "internet" ? 3 : 0);
            for (const { title, text } of ofTargets) {
              const missing = Object.values(targets).filter((target) => !text.includes(target));
              expect({ title, missing }).toEqual({ title, missing: [] });
            }
          },
        });
        await takePicture(page, join(pictures, `${name}-${size.width}.png`));
      },
    );

    test("says that there is no data, as before the first sample", async () => {
      await expectNoData(page, url, dashboardOf(await provisionedDashboards(), name));
    });
  });
});
