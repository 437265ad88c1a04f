import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { $ } from "../../scripts/cli/shell";
import { type Examination, examine } from "../../scripts/doctor/examination";
import { containerOf } from "../../scripts/rehearsal/machines/machine";
import type { Stack } from "../../scripts/stack/stack";
import { run, type Run } from "../support/commands";
import { type AdminSession, signInAsAdmin } from "./support/adminSession";
import { docker, shell } from "./support/machines";
import { deploy, farAwayTime, isFullRun, startRehearsal } from "./support/rehearsal";
import { changeSetting } from "./support/settingsFile";

/** How many times a healthy system is examined. */
const examinations = isFullRun ? 10 : 3;

let stack: Stack;

/** Runs `npm run doctor`. Tests that do not need its exit code call `examine`, which saves the start of npm and Node. */
async function doctor(...options: string[]): Promise<Examination & Run> {
  const done = await run("doctor", ["--json", ...options]);
  return { ...(JSON.parse(done.stdout) as Examination), ...done };
}

/** A line for each finding. */
function found({ findings }: Examination): string[] {
  return findings.map(({ subject, problem }) => `${subject}: ${problem}`);
}

/** The containers of the server, each with the id that it has now. */
async function containers(): Promise<Map<string, string>> {
  const lines = (await docker("ps", "--all", "--no-trunc", "--format", "{{.Names}} {{.ID}}")).split("\n");
  return new Map(lines.map((line) => line.split(" ") as [string, string]));
}

let admin: AdminSession;

/** The id of the first bucket or task in the answer of InfluxDB's API. */
async function firstId(path: string): Promise<string> {
  return /"id": *"([0-9a-f]{16})"/.exec(await admin.api(path))?.[1] ?? "";
}

async function idOfToken(description: string): Promise<string> {
  const { authorizations } = JSON.parse(await admin.api("authorizations")) as {
    authorizations: { id: string; description: string }[];
  };
  return authorizations.find((each) => each.description === description)?.id ?? "";
}

/** A change to one thing, and what doctor must say of it. */
interface Tampering {
  readonly what: string;
  readonly finding: RegExp;
  readonly tamper: () => Promise<unknown>;
}

const programs = "/usr/local/lib/pi-monitoring";
const units = "/etc/systemd/system";
const configuration = "/etc/pi-monitoring/prometheus.yml";
const credential = "/etc/pi-monitoring/ingest-credential";
const accepted = "/var/lib/https-portal/ingest";

/** Changes that are made in this order, and then found and repaired together. */
interface Round {
  /** A container that these changes are no reason to replace. */
  readonly keeps?: string;
  readonly tamperings: readonly Tampering[];
}

const rounds: readonly Round[] = [
  {
    keeps: "influxdb",
    tamperings: [
      {
        what: "the exporter script",
        finding: /^kube-1: \S+raspberrypi_exporter differs/,
        tamper: () => shell("kube-1", `echo '# edited' >>${programs}/raspberrypi_exporter`),
      },
      {
        what: "a unit file",
        finding: /^kube-1: \S+pi-monitoring-textfiles.service differs/,
        tamper: () => shell("kube-1", `echo '# edited' >>${units}/pi-monitoring-textfiles.service`),
      },
      {
        what: "the mode of a script",
        finding: /^kube-1: \S+raspberrypi_throttled has 0777 root:root, and should have 0755/,
        tamper: () => shell("kube-1", `chmod 0777 ${programs}/raspberrypi_throttled`),
      },
      {
        what: "a timer",
        finding: /^kube-1: pi-monitoring-textfiles.timer is disabled/,
        tamper: () => shell("kube-1", "systemctl disable --now pi-monitoring-textfiles.timer"),
      },
      {
        what: "the arguments of node_exporter",
        finding: /^kube-1: \S+pi-monitoring-node-exporter.service differs/,
        tamper: () =>
          shell(
            "kube-1",
            `sed -i 's/ --collector.textfile.directory=[^ ]*//' ${units}/pi-monitoring-node-exporter.service`,
          ),
      },
      {
        what: "a package",
        finding: /^kube-2: the package prometheus-node-exporter is not installed/,
        tamper: () => shell("kube-2", "apt-get -qq remove prometheus-node-exporter 2>&1"),
      },
      {
        what: "the throttled script",
        finding: /^kube-0: \S+raspberrypi_throttled differs/,
        tamper: () => shell("kube-0", `echo '# edited' >>${programs}/raspberrypi_throttled`),
      },
      {
        what: "Prometheus's configuration",
        finding: /^kube-0: \S+prometheus.yml differs/,
        tamper: () => shell("kube-0", `sed -i 's/5s/6s/' ${configuration}`),
      },
      {
        what: "the mode of the credential",
        finding: /^kube-0: \S+ingest-credential has 0644 root:prometheus, and should have 0640/,
        tamper: () => shell("kube-0", `chmod 0644 ${credential}`),
      },
      {
        what: "a container that was stopped",
        finding: /^telegraf: the container is exited/,
        tamper: () => shell("vps", "docker stop --time 10 telegraf"),
      },
      {
        what: "a container's memory limit",
        finding: /^https-portal: its memory limit is/,
        tamper: () => shell("vps", "docker update --memory 300m --memory-swap 300m https-portal"),
      },
      {
        what: "a file in a container",
        finding: /^grafana: \S+influxdb.yaml differs/,
        tamper: () =>
          shell(
            "vps",
            "docker exec --user 0 grafana sh -c 'echo >>/etc/grafana/provisioning/datasources/influxdb.yaml'",
          ),
      },
      {
        what: "a credential that is not in the state",
        finding: /^credential ingest: the container https-portal accepts another one, by its file stray.conf/,
        tamper: () =>
          shell(
            "vps",
            `docker exec https-portal sh -c 'echo "\\"~^Bearer stray\\" 1;" >${accepted}/stray.conf'`,
          ),
      },
      {
        what: "the retention of a bucket",
        finding: /^bucket prometheus_5m: it keeps data for 7 days instead of for 1095 days/,
        tamper: async () => {
          const rules = JSON.stringify({ retentionRules: [{ type: "expire", everySeconds: 7 * 24 * 3600 }] });
          await admin.api(
            `buckets/${await firstId("buckets?name=prometheus_5m")}`,
            "-X",
            "PATCH",
            "--data",
            rules,
          );
        },
      },
      {
        what: "a task",
        finding: /^task dev: prometheus_1h: it is gone/,
        tamper: async () =>
          admin.api(`tasks/${await firstId("tasks?name=dev%3A%20prometheus_1h")}`, "-X", "DELETE"),
      },
      {
        what: "the timer of the backups",
        finding: /^127.0.0.1: pi-monitoring-backup.timer is disabled/,
        tamper: () => shell("vps", "systemctl disable --now pi-monitoring-backup.timer"),
      },
    ],
  },
  {
    keeps: "https-portal",
    tamperings: [
      {
        what: "the script that links the textfiles of others",
        finding: /^kube-1: \S+link_textfiles is missing/,
        tamper: () => shell("kube-1", `rm ${programs}/link_textfiles`),
      },
      {
        what: "a daemon that runs with other arguments than its file has",
        finding: /^kube-1: pi-monitoring-node-exporter.service runs with other arguments/,
        tamper: async () =>
          shell("kube-1", await readFile(join(__dirname, "doctor/otherArguments.sh"), "utf8")),
      },
      {
        what: "a daemon that was stopped",
        finding: /^kube-2: pi-monitoring-node-exporter.service is inactive/,
        tamper: () => shell("kube-2", "systemctl stop pi-monitoring-node-exporter"),
      },
      {
        what: "a daemon whose program was replaced",
        finding:
          /^kube-0: pi-monitoring-node-exporter.service runs a program that was replaced since it started/,
        tamper: () =>
          shell(
            "kube-0",
            "cd /usr/bin && cp -p prometheus-node-exporter new && mv new prometheus-node-exporter",
          ),
      },
      {
        what: "the credential of the master",
        finding: /^kube-0: \S+ingest-credential differs/,
        tamper: () => shell("kube-0", `printf wrong >${credential}`),
      },
      {
        what: "Prometheus, stopped and disabled",
        finding: /^kube-0: pi-monitoring-prometheus.service is disabled/,
        tamper: () => shell("kube-0", "systemctl disable --now pi-monitoring-prometheus"),
      },
      {
        what: "a token that was revoked",
        finding: /^token telegraf: it was revoked/,
        tamper: async () => admin.api(`authorizations/${await idOfToken("dev: telegraf")}`, "-X", "DELETE"),
      },
      {
        what: "the credential that the portal accepts",
        finding: /^credential ingest of kube-0: its file in the container https-portal is missing/,
        tamper: () =>
          shell("vps", `docker exec https-portal sh -c 'rm ${accepted}/*.conf && nginx -s reload'`),
      },
      {
        what: "a network of a container",
        finding: /^influxdb: it is not on the network telegraf/,
        tamper: () => shell("vps", "docker network disconnect telegraf influxdb"),
      },
      {
        what: "the script of the backups",
        finding: /^127.0.0.1: \S+pi-monitoring-backup differs/,
        tamper: () => shell("vps", "echo '# edited' >>/usr/local/sbin/pi-monitoring-backup"),
      },
      // The last one of this round, as `admin.api` runs curl in this container.
      {
        what: "a container that was removed",
        finding: /^grafana: the container is gone/,
        tamper: () => shell("vps", "docker rm --force --volumes grafana"),
      },
    ],
  },
  {
    tamperings: [
      {
        what: "a token that was switched off",
        finding: /^token grafana: it is inactive/,
        tamper: async () =>
          admin.api(
            `authorizations/${await idOfToken("dev: grafana")}`,
            "-X",
            "PATCH",
            "--data",
            JSON.stringify({ status: "inactive" }),
          ),
      },
      {
        what: "a bucket",
        finding: /^bucket prometheus_1h: it is gone/,
        tamper: async () =>
          admin.api(`buckets/${await firstId("buckets?name=prometheus_1h")}`, "-X", "DELETE"),
      },
      {
        what: "the password of Grafana's admin",
        finding: /^credential grafana-admin: it is not accepted/,
        tamper: () =>
          shell(
            "vps",
            "printf other | docker exec -i grafana grafana cli --homepath /usr/share/grafana admin reset-admin-password --password-from-stdin",
          ),
      },
      {
        what: "a network",
        finding: /^telegraf: the network is gone/,
        tamper: () =>
          shell(
            "vps",
            "for each in influxdb telegraf https-portal; do docker network disconnect telegraf $each; done; docker network rm telegraf",
          ),
      },
    ],
  },
];

beforeAll(async () => {
  stack = await startRehearsal();
  // With backups there are a script and a timer of them to tamper with. None is made while the suite runs.
  await changeSetting("backup", () => ({ at: farAwayTime() }));
  await deploy();
});

afterAll(async () => {
  await changeSetting("backup", () => ({}));
  await deploy();
});

test(`a healthy system gives no finding, ${examinations} times in a row`, async () => {
  expect(await doctor()).toMatchObject({ ok: true, exitCode: 0 });
  for (let count = 0; count < examinations; count++) {
    const examination = await examine(stack);
    expect(found(examination)).toEqual([]);
    expect(examination).toMatchObject({ ok: true, buffer: { place: "disk" } });
    expect(examination.nodes).toHaveLength(3);
    expect(examination.containers).toHaveLength(4);
  }
});

describe.each(rounds.map((round, index) => ({ number: index + 1, ...round })))(
  "tampering, round $number:",
  ({ tamperings, keeps }) => {
    let before: Examination;
    let after: Examination;
    let containersBefore: Map<string, string>;

    beforeAll(async () => {
      admin = await signInAsAdmin(stack);
      containersBefore = await containers();
      for (const { tamper } of tamperings) {
        await tamper();
      }
      before = await examine(stack);
      after = await doctor("--fix");
    });

    test.each(tamperings)("$what is found, named and repaired", ({ finding }) => {
      expect(found(before)).toContainEqual(expect.stringMatching(finding));
      expect(found(after)).not.toContainEqual(expect.stringMatching(finding));
    });

    test("nothing is left, and each finding said what to do", () => {
      expect(before.ok).toBe(false);
      expect(before.findings.filter(({ remedy }) => remedy === "")).toEqual([]);
      expect(found(after)).toEqual([]);
      expect(after).toMatchObject({ ok: true, exitCode: 0 });
    });

    if (keeps !== undefined) {
      test(`${keeps} is not replaced`, async () => {
        expect((await containers()).get(keeps)).toBe(containersBefore.get(keeps));
      });
    }
  },
);

test.each([
  { what: "a node", machine: "kube-1", subject: "kube-1" },
  { what: "the VPS", machine: "vps", subject: "127.0.0.1" },
])("$what that hangs is named soon, and --fix cannot repair it", async ({ machine, subject }) => {
  // The machine is a container of this computer's Docker; `docker()` and `shell()` run within machines.
  await $`docker pause ${containerOf(machine)}`;
  try {
    const begin = Date.now();
    const examination = await examine(stack);
    const seconds = (Date.now() - begin) / 1000;
    console.log(`with ${machine} that hangs: ${seconds.toFixed(1)} s`);
    expect(examination.ok).toBe(false);
    const finding = examination.findings.find(({ problem }) => problem.startsWith("cannot be reached: "));
    expect(finding).toMatchObject({ subject });
    expect(finding).not.toHaveProperty("repairs");
    // Eight seconds for an answer, and what it takes to read the state on a busy machine.
    expect(seconds).toBeLessThan(20);
  } finally {
    await $`docker unpause ${containerOf(machine)}`;
  }
});

describe("a port that another program took while ours was stopped", () => {
  const ours = "pi-monitoring-node-exporter";
  const other = "other-program.service";
  const problem = /^kube-1: port 9100 is taken by perl \(other-program\.service\), which stays as it is$/;

  beforeAll(async () => {
    // Without a "$", which systemd would replace.
    const listen = "push @s, IO::Socket::INET->new(LocalPort => 9100, Listen => 5, ReuseAddr => 1); sleep";
    const perl = `perl -MIO::Socket::INET -e '${listen}'`;
    await shell("kube-1", `systemctl stop ${ours} && systemd-run --quiet --unit=${other} ${perl}`);
    await shell("kube-1", "timeout 20 sh -c 'until ss -ltnH | grep -q :9100; do sleep 0.5; done'");
  });

  afterAll(async () => {
    await shell("kube-1", `systemctl stop ${other}; systemctl start ${ours}`);
  });

  test("is one finding, with what to do about it", async () => {
    const examination = await examine(stack);
    expect(examination.findings.filter(({ subject }) => subject === "kube-1")).toHaveLength(1);
    expect(found(examination)).toContainEqual(expect.stringMatching(problem));
    const finding = examination.findings.find(({ subject }) => subject === "kube-1");
    expect(finding?.remedy).toContain("pi-monitoring:nodeExporter.port");
    expect(finding).not.toHaveProperty("repairs");
  });

  test("is still there after --fix, which says so and leaves both as they are", async () => {
    const fixed = await doctor("--fix");
    expect(fixed).toMatchObject({ ok: false, exitCode: 1 });
    expect(found(fixed)).toEqual([expect.stringMatching(problem)]);
    expect(fixed.stderr.trim().split("\n").at(-1)).toBe(
      "1 finding is still there after --fix; the lines above say what keeps it.",
    );
    expect(await shell("kube-1", `systemctl is-active ${other} ${ours} || true`)).toBe("active\ninactive\n");
  });

  test("and is repaired by --fix when the other program is gone", async () => {
    await shell("kube-1", `systemctl stop ${other}`);
    const fixed = await doctor("--fix");
    expect(found(fixed)).toEqual([]);
    expect(fixed).toMatchObject({ ok: true, exitCode: 0 });
    expect(fixed.stderr).not.toContain("still there");
  });
});

test("the remedy of a finding that --fix has not repaired is not --fix again", async () => {
  const promtool = "/usr/bin/promtool";
  await shell("kube-0", `mv ${promtool} ${promtool}.away; sed -i 's/5s/6s/' ${configuration}`);
  try {
    const before = await examine(stack);
    expect(before.findings.map(({ remedy }) => remedy)).toEqual([
      "`npm run doctor -- dev --fix` applies kube-0-prometheus-script again",
    ]);
    const fixed = await doctor("--fix");
    expect(fixed).toMatchObject({ ok: false, exitCode: 1 });
    expect(found(fixed)).toEqual(found(before));
    expect(fixed.findings.map(({ remedy }) => remedy)).toEqual([
      "--fix does not repair it, and has applied kube-0-prometheus-script again: what has failed is printed above",
    ]);
    expect(fixed.stderr).toContain("kube-0: promtool refuses the new configuration");
    expect(fixed.stderr.trim().split("\n").at(-1)).toBe(
      "1 finding is still there after --fix; the lines above say what keeps it.",
    );
  } finally {
    await shell("kube-0", `mv ${promtool}.away ${promtool}`);
  }
  expect(found(await doctor("--fix"))).toEqual([]);
});
