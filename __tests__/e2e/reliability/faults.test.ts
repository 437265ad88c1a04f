import { spawn } from "node:child_process";
import { once } from "node:events";
import { basename, join } from "node:path";
import { sleep } from "zx";
import { $ } from "../../../scripts/cli/shell";
import { type Examination, examine } from "../../../scripts/doctor/examination";
import { containerOf, exec } from "../../../scripts/rehearsal/machines/machine";
import { rehearsalFolder } from "../../../scripts/rehearsal/instance";
import type { Stack } from "../../../scripts/stack/stack";
import { run, runOrFail } from "../../support/commands";
import { eventually } from "../../support/eventually";
import { killGroup } from "../../support/killGroup";
import { signInAsAdmin } from "../support/adminSession";
import { docker, shell } from "../support/machines";
import { expectHealthy, isFullRun, pulumiOrFail, startRehearsal } from "../support/rehearsal";
import { expectNothingLost, expectNothingLostIn } from "../support/samples";
import { editSettings, withSettings } from "../support/settingsFile";

const outageSeconds = isFullRun ? 60 : 20;
const cutSeconds = isFullRun ? 300 : 20;
const kills = isFullRun ? 10 : 1;
/** What a power cut may leave of the largest file of Telegraf's buffer, which is `$1`. */
const damages = [
  { what: "a torn sample", damage: 'truncate --size=-100 "$1"' },
  { what: "a truncated file", damage: 'truncate --size=%4096 "$1" && truncate --size=-4096 "$1"' },
  {
    what: "a file of zeros",
    damage: 'size=$(stat --format=%s "$1") && truncate --size=0 "$1" && truncate --size="$size" "$1"',
  },
];
const credentials = ["telegraf", "grafana", "ingest", "grafana-admin", "influxdb-admin"];

let stack: Stack;

async function up(...options: string[]): Promise<void> {
  await pulumiOrFail(stack, "up", ...options);
}

async function doctor(): Promise<Examination> {
  return examine(stack);
}

/** Waits until all containers of the VPS are healthy. */
async function untilHealthy(): Promise<void> {
  await eventually("four healthy containers", 120, async () => {
    const states = await docker("ps", "--format", "{{.Status}}");
    expect(states.match(/\(healthy\)/g)).toHaveLength(4);
  });
}

beforeAll(async () => {
  stack = await startRehearsal();
  await editSettings("scrapeInterval: 5s", "scrapeInterval: 1s");
  await up();
  // Prometheus keeps the old pause of 5 s before the next scrape of each target.
  await sleep(5000);
});

afterAll(async () => {
  await editSettings("scrapeInterval: 1s", "scrapeInterval: 5s");
  await up();
});

describe("no sample is lost", () => {
  test(`while InfluxDB is killed for ${outageSeconds} s`, async () => {
    await expectNothingLostIn(stack, async () => {
      await docker("kill", "influxdb");
      await sleep(outageSeconds * 1000);
      await docker("start", "influxdb");
    });
  });

  test("when Telegraf is killed while InfluxDB is away", async () => {
    await expectNothingLostIn(stack, async () => {
      await docker("kill", "influxdb");
      await sleep((outageSeconds * 1000) / 3);
      await docker("kill", "telegraf");
      await sleep(5000);
      await docker("start", "telegraf");
      await sleep(5000);
      await docker("start", "influxdb");
    });
  });

  test("when both are killed at once", async () => {
    await expectNothingLostIn(stack, async () => {
      await docker("kill", "influxdb", "telegraf");
      await sleep((outageSeconds * 1000) / 2);
      await docker("start", "influxdb", "telegraf");
    });
  });

  test("when the VPS's Docker engine restarts", async () => {
    await expectNothingLostIn(stack, async () => {
      await exec("vps", ["systemctl", "restart", "docker"]);
      await untilHealthy();
    });
  });

  test("when the VPS restarts", async () => {
    await expectNothingLostIn(stack, async () => {
      await $`docker restart ${containerOf("vps")}`;
      await untilHealthy();
    });
  });

  test("when the portal is replaced", async () => {
    await expectNothingLostIn(stack, async () => {
      await docker("rm", "--force", "--volumes", "https-portal");
      await up("--refresh");
    });
  });

  test(`while the network between the Pis and the VPS is cut for ${cutSeconds} s`, async () => {
    const rule = ["DOCKER-USER", "-i", "eth0", "-p", "tcp", "--dport", "443", "-j", "DROP"];
    await expectNothingLostIn(stack, async () => {
      await exec("vps", ["iptables", "-I", ...rule]);
      try {
        await sleep(cutSeconds * 1000);
      } finally {
        await exec("vps", ["iptables", "-D", ...rule]);
      }
    });
  });

  test.each(isFullRun ? [...credentials, "all"] : ["all"])(
    "when %s is rotated, twice in a row",
    async (name) => {
      await expectNothingLostIn(stack, async () => {
        await runOrFail("rotate", [name]);
        await runOrFail("rotate", [name]);
      });
    },
  );

  test("when every image is another version", async () => {
    await expectNothingLostIn(stack, async () => {
      const changeImages = async (): Promise<void> => {
        for (const image of Object.values((await stack.settings()).images)) {
          const build = ["docker", "build", "--tag", `${image}-next`, "-"];
          await exec("vps", build, `FROM ${image}\nLABEL version=next\n`);
          await editSettings(`: ${image}\n`, `: ${image}-next\n`);
        }
      };
      await withSettings(changeImages, up);
      await up();
    });
  });

  test(`when a rotation is killed and run again, ${kills} times`, async () => {
    await expectNothingLostIn(stack, async () => {
      for (let kill = 0; kill < kills; kill++) {
        const rotation = spawn("npm", ["run", "--silent", "rotate", "--", "all"], {
          detached: true,
          stdio: "ignore",
        });
        const ended = once(rotation, "exit");
        const delay = 3000 + Math.random() * 17_000;
        await Promise.race([sleep(delay), ended]);
        console.log(`killed after ${(delay / 1000).toFixed(1)} s`);
        if (rotation.exitCode === null) {
          killGroup(rotation, "SIGKILL");
          await ended;
        }
        await runOrFail("rotate", ["all"]);
      }
    });
    await expectNoOrphans();
  });
});

/** There is no container, token or credential that the stack does not know, and no process of a killed command. */
async function expectNoOrphans(): Promise<void> {
  const admin = await signInAsAdmin(stack);
  const tokens = JSON.parse(await admin.api("authorizations")) as {
    authorizations: { description: string }[];
  };
  expect(tokens.authorizations.map(({ description }) => description).sort()).toEqual([
    "dev: grafana",
    "dev: telegraf",
  ]);
  expect((await docker("ps", "--all", "--quiet")).split("\n")).toHaveLength(4);
  const accepted = await docker("exec", "https-portal", "ls", "/var/lib/https-portal/ingest");
  expect(accepted.split("\n")).toHaveLength(1);
  await up("--expect-no-changes");
  await eventually("the end of every program of Pulumi", 60, async () => {
    // With the environment of each process, as a program is known by the folder of its state.
    const { stdout } = await $`ps axeww -o args`;
    const programs = stdout.split("\n").filter((line) => line.includes("cmd/run/index.js"));
    expect(programs.filter((line) => line.includes(join(rehearsalFolder, "state")))).toEqual([]);
  });
}

describe("Telegraf's disk", () => {
  const volume = "/var/lib/docker/volumes/telegraf/_data";

  test("may be full: what can be kept is kept, and doctor says so", async () => {
    await docker("stop", "telegraf");
    await exec("vps", ["mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", volume]);
    try {
      await docker("start", "telegraf");
      await untilHealthy();
      await expectNothingLostIn(stack, async () => {
        await shell("vps", `dd if=/dev/zero of=${volume}/fill bs=1M 2>/dev/null || true`);
        await eventually("a buffer in memory", 180, async () => {
          expect(await doctor()).toMatchObject({ ok: false, buffer: { place: "memory" } });
        });
        await sleep((outageSeconds * 1000) / 3);
        await exec("vps", ["rm", `${volume}/fill`]);
        await eventually("a buffer on the disk", 180, async () => {
          // What the full disk has torn is set aside by now.
          expect(await doctor()).toMatchObject({ buffer: { place: "disk" } });
        });
      });
    } finally {
      await docker("stop", "telegraf");
      await exec("vps", ["umount", volume]);
      await docker("start", "telegraf");
      await untilHealthy();
    }
  });

  // Every kind of damage is in `telegrafBuffer.test.ts`, too.
  test.each(isFullRun ? damages : damages.slice(0, 1))(
    "may hold $what: it is set aside, all else arrives, and doctor names it",
    async ({ damage }) => {
      const from = new Date();
      await docker("kill", "influxdb");
      await sleep(10_000);
      const safeUntil = new Date();
      await sleep(10_000);
      await docker("kill", "telegraf");
      const [file = ""] = (await shell("vps", `ls -S ${volume}/buffer/*/*`)).split("\n");
      await shell("vps", damage, file);
      await docker("start", "telegraf");
      await docker("start", "influxdb");
      await untilHealthy();
      const { grafanaToken } = await stack.outputs();
      // The damaged file may have lost what came in the last ten seconds.
      await expectNothingLost(grafanaToken, from, safeUntil, 1);
      const { ok, buffer } = await doctor();
      expect(ok).toBe(false);
      expect(buffer?.setAside).toEqual([expect.stringContaining(basename(file))]);
      expect((await run("doctor")).stdout).toContain(
        `a damaged file of the buffer was set aside: ${buffer?.setAside[0] ?? ""}`,
      );
      await docker("exec", "telegraf", "rm", `/var/lib/telegraf/set-aside/${buffer?.setAside[0] ?? ""}`);
      await expectHealthy(stack, 180);
    },
  );
});
