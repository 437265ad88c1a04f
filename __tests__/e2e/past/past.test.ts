import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { $ } from "../../../scripts/cli/shell";
import { startMachines } from "../../../scripts/rehearsal/machines/machines";
import { containerOf, exec, waitForService } from "../../../scripts/rehearsal/machines/machine";
import { prepareRehearsal } from "../../../scripts/rehearsal/rehearsal";
import { clearInterruption } from "../../../scripts/stack/interruption";
import type { Stack } from "../../../scripts/stack/stack";
import { run } from "../../support/commands";
import { eventually } from "../../support/eventually";
import { query } from "../support/influx";
import { pis, shell } from "../support/machines";
import {
  deploy,
  expectHealthy,
  preparation,
  pulumi,
  pulumiOrFail,
  startRehearsal,
} from "../support/rehearsal";
import { changeSetting, readSetting } from "../support/settingsFile";

type Pi = (typeof pis)[number];

/** What each Pi was before the first deploy, and which daemons its owner runs on it. */
const pasts: Readonly<Record<Pi, { readonly fixture: string; readonly daemons: readonly string[] }>> = {
  "kube-0": { fixture: "handMade", daemons: ["prometheus-node-exporter", "prometheus"] },
  "kube-1": { fixture: "leftovers", daemons: [] },
  "kube-2": { fixture: "tutorials", daemons: ["node_exporter", "prometheus"] },
};

/** What this suite reads of a node in the settings. */
interface NodeSetting {
  readonly name: Pi;
}

/** The two Pis with a Prometheus of the owner's are masters, so that each gets one of the program's too. */
const masters = {
  "kube-0": { master: true },
  "kube-1": { scrapedBy: "kube-0" },
  "kube-2": { master: true },
};
const otherPorts = { nodeExporter: { port: 9101 }, prometheus: { port: 9091 } };
/** The ports on which the program's daemons listen after the deploy. */
const ourPorts: Readonly<Record<Pi, { readonly prometheus?: number; readonly nodeExporter: number }>> = {
  "kube-0": { prometheus: 9091, nodeExporter: 9101 },
  "kube-1": { nodeExporter: 9100 },
  "kube-2": { prometheus: 9091, nodeExporter: 9101 },
};

let stack: Stack;
/** What was there before the first deploy. */
let before: Readonly<Record<Pi, Machine>>;
let answers: string;

/** What can be seen of a Pi, and which processes its owner's daemons have. */
interface Machine {
  readonly lines: readonly string[];
  readonly processes: string;
}

/** Runs a script of this folder on a Pi, as root. */
async function runFixture(pi: Pi, name: string): Promise<string> {
  return shell(pi, await readFile(join(__dirname, `${name}.sh`), "utf8"));
}

async function ofEachPi<T>(look: (pi: Pi) => Promise<T>): Promise<Record<Pi, T>> {
  const found = await Promise.all(pis.map(async (pi) => [pi, await look(pi)] as const));
  return Object.fromEntries(found) as Record<Pi, T>;
}

/** The first words of the lines of each part that snapshot.sh has on every Pi. */
const parts = [
  "file",
  "content",
  "package",
  "automatic package",
  "diversion",
  "unit file",
  "runs",
  "active",
  "listens",
];

async function lookAt(pi: Pi): Promise<Machine> {
  const { daemons } = pasts[pi];
  const show = ["systemctl", "show", "--property=Id,MainPID,NRestarts", ...daemons];
  const lines = (await runFixture(pi, "snapshot")).trim().split("\n");
  // A part whose program fails in a pipe is empty, before and after.
  const missing = parts.filter((part) => !lines.some((line) => line.startsWith(`${part} `)));
  expect({ pi, missing }).toEqual({ pi, missing: [] });
  return {
    lines,
    processes: daemons.length === 0 ? "" : await exec(pi, show),
  };
}

/** Nothing on the Pis differs from what was there before. */
async function expectAsBefore(): Promise<void> {
  const differences = await ofEachPi(async (pi) => {
    const { lines, processes } = await lookAt(pi);
    const gone = before[pi].lines.filter((line) => !lines.includes(line));
    const added = lines.filter((line) => !before[pi].lines.includes(line));
    return { gone, added, processes };
  });
  expect(differences).toEqual(
    await ofEachPi((pi) => Promise.resolve({ gone: [], added: [], processes: before[pi].processes })),
  );
}

/** Gives settings to nodes, beside those that they have. */
async function changeNodes(added: Readonly<Partial<Record<Pi, object>>>): Promise<void> {
  const nodes = await readSetting<readonly NodeSetting[]>("nodes");
  await changeSetting("nodes", () => nodes.map((node) => ({ ...node, ...added[node.name] })));
}

/** Removes all Pis, and their resources from the state. The next start makes new ones, as with a new SD card each. */
async function removePis(): Promise<void> {
  await clearInterruption(stack);
  for (const { urn } of (await stack.load()).resources) {
    if (/::kube-\d-exporters$/.test(urn)) {
      await stack.pulumi("state", "delete", urn, "--target-dependents", "--yes");
    }
  }
  await $`docker rm --force --volumes ${pis.map(containerOf)}`;
}

/** What the owner's Prometheus of kube-0 answers: its flags, configuration and rules, and its whole history. */
async function askPrometheus(): Promise<string> {
  const get = async (path: string): Promise<unknown> => {
    const url = `http://127.0.0.1:9090/api/v1/${path}`;
    return JSON.parse(await exec("kube-0", ["curl", "-sS", "--globoff", "--fail", url])) as unknown;
  };
  const rules = (await get("rules")) as { data: { groups: { rules: { name: string; query: string }[] }[] } };
  return JSON.stringify(
    {
      flags: await get("status/flags"),
      configuration: await get("status/config"),
      rules: rules.data.groups.flatMap((group) =>
        group.rules.map(({ name, query: expression }) => ({ name, expression })),
      ),
      history: await get("query?query=heating_flow_temperature[40d]"),
    },
    null,
    1,
  );
}

/** The metrics of the program's node_exporter on a Pi. */
async function metricsOf(pi: Pi): Promise<string> {
  return exec(pi, ["curl", "-sS", "--fail", `http://localhost:${ourPorts[pi].nodeExporter}/metrics`]);
}

async function expectTextfiles(
  pi: Pi,
  shown: readonly string[],
  hidden: readonly string[] = [],
): Promise<void> {
  await eventually(`the files of metrics on ${pi}`, 60, async () => {
    const metrics = await metricsOf(pi);
    for (const metric of [...shown, "node_textfile_scrape_error 0"]) {
      expect(metrics).toContain(`\n${metric}`);
    }
    for (const metric of hidden) {
      expect(metrics).not.toContain(metric);
    }
  });
}

beforeAll(async () => {
  ({ stack } = await prepareRehearsal(preparation));
  await removePis();
  await startMachines(preparation);
  await ofEachPi((pi) => runFixture(pi, pasts[pi].fixture));
  await changeNodes(masters);
  await eventually("the owner's Prometheus", 60, async () => {
    answers = await askPrometheus();
  });
  // One series, with a sample a minute in two blocks of an hour; see handMade.sh.
  expect(answers.match(/heating_flow_temperature"/g)).toHaveLength(1);
  expect(answers.match(/"3[0-6]"/g)).toHaveLength(120);
  before = await ofEachPi(lookAt);
});

afterAll(async () => {
  await removePis();
  await startRehearsal();
});

test("a port that another process has is refused before anything is changed", async () => {
  const taken = [
    { pi: "kube-0", port: 9100, unit: "prometheus-node-exporter.service", setting: "nodeExporter.port" },
    { pi: "kube-0", port: 9090, unit: "prometheus.service", setting: "prometheus.port" },
    { pi: "kube-2", port: 9100, unit: "node_exporter.service", setting: "nodeExporter.port" },
    { pi: "kube-2", port: 9090, unit: "prometheus.service", setting: "prometheus.port" },
  ];
  const { exitCode, output } = await run("deploy", ["dev", "--yes"]);
  expect({ exitCode, output }).not.toMatchObject({ exitCode: 0 });
  for (const { pi, port, unit, setting } of taken) {
    // All of it is in one line.
    expect(output).toMatch(new RegExp(`(?=.*${pi})(?=.*${port})(?=.*${unit})(?=.*${setting})`));
  }
  await expectAsBefore();

  // `pulumi up` does not look first as `npm run deploy` does: each node's script refuses by itself. kube-1 is excluded, so
  // that all Pis are as before. The server is deployed here.
  const exclude = ["--exclude-dependents", "--exclude", "**::kube-1-exporters"];
  const plain = await pulumi(stack, "up", "--continue-on-error", ...exclude);
  expect(plain.exitCode).not.toBe(0);
  expect(plain.output).toMatch(/kube-0.*9100.*prometheus-node-exporter\.service/);
  expect(plain.output).toMatch(/kube-2.*9100.*node_exporter\.service/);
  await expectAsBefore();
});

test("our daemons run on other ports beside the owner's, while apt is busy and has a dead source", async () => {
  await changeNodes({ "kube-0": otherPorts, "kube-2": otherPorts });
  await runFixture("kube-1", "holdListsLock");
  const { output } = await deploy();
  expect(output).toContain("waits for apt's lock /var/lib/apt/lists/lock");
  expect(output).toMatch(/kube-1.*apt-get update: .*http:\/\/vps\.local:8000\/gone/);

  const processes = await ofEachPi(async (pi) => (await lookAt(pi)).processes);
  expect(processes).toEqual(await ofEachPi((pi) => Promise.resolve(before[pi].processes)));
  expect(await askPrometheus()).toBe(answers);
});

test("InfluxDB has samples of our exporters only", async () => {
  const { grafanaToken } = await stack.outputs();
  const senders = `from(bucket: "prometheus") |> range(start: -1m) |> filter(fn: (r) => r._field == "node_load1")
    |> group() |> distinct(column: "instance") |> keep(columns: ["_value"])`;
  await eventually("samples of every node", 90, async () => {
    const { body } = await query(grafanaToken, senders);
    expect(body.match(/[\w.-]+:\d+/g)?.sort()).toEqual([
      "kube-0.local:9101",
      "kube-1.local:9100",
      "kube-2.local:9101",
    ]);
  });
});

test("the second deploy changes nothing, and doctor finds nothing", async () => {
  await pulumiOrFail(stack, "up", "--refresh", "--expect-no-changes");
  await expectHealthy(stack);
});

test("no ports are opened but ours", async () => {
  const isSocket = (line: string): boolean => line.startsWith("listens ");
  const added = await ofEachPi(async (pi) =>
    (await lookAt(pi)).lines.filter((line) => isSocket(line) && !before[pi].lines.includes(line)).sort(),
  );
  expect(added).toEqual(
    await ofEachPi((pi) =>
      Promise.resolve(Object.values(ourPorts[pi]).map((port) => `listens tcp *:${port}`)),
    ),
  );
});

test("the files of metrics that others write are shown, also after a restart and a boot", async () => {
  const shown: Readonly<Record<Pi, readonly string[]>> = {
    "kube-0": [
      "node_role{",
      "restic_last_success_timestamp_seconds{",
      "smartmon_device_active{",
      "rpi_temperature{",
    ],
    "kube-1": ["solar_power_watts 412"],
    "kube-2": ["tank_litres 830"],
  };
  const hidden = ["backup_last_success_timestamp_seconds"];
  for (const pi of pis) {
    await expectTextfiles(pi, shown[pi], hidden);
  }

  await exec("kube-0", ["systemctl", "restart", "pi-monitoring-node-exporter"]);
  await expectTextfiles("kube-0", shown["kube-0"]);
  await $`docker restart ${containerOf("kube-1")}`;
  await waitForService("kube-1", "ssh");
  await expectTextfiles("kube-1", shown["kube-1"], hidden);
});

test("a deploy fails with the last lines of a unit that fails, or that is killed", async () => {
  const faults = [
    {
      pi: "kube-1",
      unit: "pi-monitoring-node-exporter.service",
      line: "ExecStartPre=/bin/sh -c 'echo \"the cellar is flooded\"; exit 1'",
      said: "the cellar is flooded",
    },
    {
      pi: "kube-0",
      unit: "pi-monitoring-prometheus.service",
      // As root: the unit's own user may not.
      line: "ExecStartPost=+/bin/sh -c 'kill -9 $MAINPID'",
      said: "status=9/KILL",
    },
  ] as const;
  const dropIn = (unit: string): string => `/etc/systemd/system/${unit}.d/flood.conf`;
  const write =
    'mkdir -p "$(dirname "$1")" && printf "[Service]\\n%s\\n" "$2" >"$1" && systemctl daemon-reload';
  for (const { pi, unit, line } of faults) {
    await shell(pi, write, dropIn(unit), line);
    await exec(pi, ["systemctl", "stop", unit]);
  }
  // A script runs once more if the address of its node has changed.
  await changeNodes({ "kube-0": { sshHost: "localhost" }, "kube-1": { sshHost: "localhost" } });
  try {
    const { exitCode, output } = await run("deploy", ["dev", "--yes"]);
    expect({ exitCode, output }).not.toMatchObject({ exitCode: 0 });
    for (const { pi, unit, said } of faults) {
      expect(output).toContain(`${pi}: ${unit} `);
      expect(output).toContain(said);
    }
    expect(output).not.toContain("kube-1: is set up");
    expect(output).not.toContain("kube-0: scrapes and sends");
  } finally {
    for (const { pi, unit } of faults) {
      await shell(pi, 'rm -r "$(dirname "$1")"; systemctl daemon-reload', dropIn(unit));
    }
    await deploy();
  }
});

test("after the removal everything is as before, and the owner's daemons have never stopped", async () => {
  await pulumiOrFail(stack, "destroy", "--target", "**::kube-*", "--target-dependents");
  expect(await askPrometheus()).toBe(answers);
  await expectAsBefore();
});
