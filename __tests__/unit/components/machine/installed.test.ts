import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { type Managed, merge, fileStates, renderInspection } from "../../../../components/machine/installed";
import { sha256 } from "../../../../components/sha256";
import { managedOnNode } from "../../../../components/node/piNode";
import { managedOnMaster } from "../../../../components/node/prometheusMaster";
import type { NodeSettings } from "../../../../components/settings/settings";
import {
  machineProblems,
  differences,
  parseInspection,
} from "../../../../scripts/doctor/machines/inspection";
import { exampleSettings } from "../../../support/exampleSettings";
import { temporaryFolder } from "../../../support/temporaryFolder";

const settings = exampleSettings();
const { nodes, exporter, presets, prometheus } = settings;
const node = nodes[0] as NodeSettings;

const nothing: Managed = {
  packages: [],
  files: [],
  daemons: [],
  units: [],
  metrics: [],
  disks: [],
};

const folder = temporaryFolder();

test("no inspection has a secret in it", () => {
  const args = { node, nodes, settings: prometheus, remoteWriteUrl: "https://telegraf.example.com/telegraf" };
  const managed = merge([
    managedOnNode({ node, exporter, presets }),
    managedOnMaster(args, "CREDENTIAL", "CERTIFICATE"),
  ]);
  expect(JSON.stringify(managed) + renderInspection(managed, 60)).not.toMatch(/CREDENTIAL|CERTIFICATE/);
  expect(managed.files).toContainEqual({
    path: "/etc/pi-monitoring/ingest-credential",
    mode: "0640",
    owner: "root:prometheus",
    sha256: sha256("CREDENTIAL"),
  });
});

test("files are found as they are", () => {
  const path = (name: string): string => join(folder, name);
  const owner = `${userInfo().username}:${userInfo().username}`;
  const file = (name: string) => ({ path: path(name), mode: "0640", owner, content: "right" });
  for (const [name, content, mode] of [
    ["right", "right", 0o640],
    ["edited", "wrong", 0o640],
    ["loosened", "right", 0o644],
  ] as const) {
    writeFileSync(path(name), content);
    chmodSync(path(name), mode);
  }
  const managed: Managed = {
    ...nothing,
    files: fileStates(["right", "edited", "loosened", "absent"].map(file)),
  };
  const { stdout, stderr } = spawnSync("sh", ["-s"], {
    input: renderInspection(managed, 60),
    encoding: "utf8",
  });
  expect(stderr).not.toMatch(/syntax|not found$/);
  expect(differences(managed, parseInspection(stdout, Date.now(), Date.now()))).toEqual([
    `${path("edited")} differs from what was deployed`,
    `${path("loosened")} has 0644 ${owner}, and should have 0640 ${owner}`,
    `${path("absent")} is missing`,
  ]);
});

test("the version that apt has is found in each language", () => {
  const commands = `
dpkg-query() { echo 'installed 1.0'; }
apt-cache() { if [ "$LC_ALL" = C ]; then echo '  Candidate: 1.1'; else echo '  Installationskandidat: 1.1'; fi; }
`;
  // A function's name may not have a dash in it.
  const script = (commands + renderInspection({ ...nothing, packages: ["curl"] }, 60)).replace(
    /\b(dpkg|apt)-(query|cache)\b/g,
    "$1_$2",
  );
  const { stdout } = spawnSync("sh", ["-s"], { input: script, encoding: "utf8" });
  expect(parseInspection(stdout, 0, 0).words("package", "curl")).toEqual(["1.0", "1.1"]);
});

test("Prometheus is asked without a proxy", async () => {
  const server = createServer((_, response) => {
    response.end("an answer");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const prometheusUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const child = spawn("sh", ["-s"], {
    env: { ...process.env, http_proxy: "http://127.0.0.1:9" },
    stdio: ["pipe", "pipe", "ignore"],
  });
  child.stdin.end(renderInspection({ ...nothing, prometheusUrl }, 60));
  let stdout = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  await once(child, "close");
  server.close();
  expect(parseInspection(stdout, 0, 0).words("targets")).toEqual(["an answer"]);
});

describe("of what a machine has said", () => {
  const daemon = {
    unit: "ours.service",
    program: "/usr/bin/prometheus",
    arguments: ["--a=1", "--b=^(c)$"],
  };
  const managed: Managed = { ...nothing, packages: ["curl"], daemons: [daemon], units: ["x.timer"] };
  const healthy = [
    "package\tcurl\t7.88.1\t7.88.1",
    "unit\tours.service\tenabled\tactive",
    "process\tours.service\t/usr/bin/prometheus --a=1 --b=^(c)$ \t/usr/bin/prometheus",
    "unit\tx.timer\tenabled\tactive",
  ];

  test.each([
    ["nothing is wrong", "", "", []],
    ["a package is missing", "\t7.88.1\t7.88.1", "\t\t7.88.1", ["the package curl is not installed"]],
    ["a daemon has other arguments", "--a=1 --b=^(c)$ ", "--a=2", ["ours.service runs with other arguments"]],
    [
      "a daemon's program was replaced",
      "\t/usr/bin/prometheus\n",
      "\t/usr/bin/prometheus (deleted)\n",
      ["ours.service runs a program that was replaced since it started, as by an upgrade of its package"],
    ],
    [
      "a daemon is stopped and disabled",
      "ours.service\tenabled\tactive",
      "ours.service\tdisabled\tinactive",
      ["ours.service is disabled: it does not start with the machine", "ours.service is inactive"],
    ],
    [
      "a timer is gone",
      "x.timer\tenabled\tactive",
      "x.timer\t\tinactive",
      ["x.timer is not there: it does not start with the machine", "x.timer is inactive"],
    ],
  ])("%s", (_, before, after, expected) => {
    const text = healthy.join("\n").replace(before, () => after);
    expect(differences(managed, parseInspection(text, 0, 0))).toEqual(expected);
  });

  test.each([
    ["right", 1000.5, 0],
    ["behind", 990, -10],
    ["ahead", 1012, 10],
  ])("a clock is %s, whatever the way took", (_, clock, offset) => {
    expect(parseInspection(`clock\t${clock}`, 1_000_000, 1_002_000).clockOffset).toBeCloseTo(offset);
  });

  test("a full disk is reported once, and a read-only one too", () => {
    const inspection = parseInspection(
      "clock\t1\ndisk\t/\t/\t97\tread-only\ndisk\t/var\t/\t97\tread-only",
      0,
      1000,
    );
    const found = machineProblems("kube-1", { ...nothing, disks: ["/", "/var"] }, inspection, settings);
    expect(found.map(({ problem }) => problem)).toEqual(["the disk of / is full to 97 %", "/ is read-only"]);
  });
});
