import { type Managed, merge } from "../../../../../components/machine/installed";
import { managedOnNode } from "../../../../../components/node/piNode";
import { managedOnMaster } from "../../../../../components/node/prometheusMaster";
import type { NodeSettings } from "../../../../../components/settings/settings";
import type { Finding } from "../../../../../scripts/doctor/findings";
import { afterFix } from "../../../../../scripts/doctor/repair";
import { inspectNodes } from "../../../../../scripts/doctor/machines/nodes";
import { describeRest } from "../../../../../scripts/doctor/report";
import type { LoadedStack } from "../../../../../scripts/stack/stack";
import { exampleSettings } from "../../../../support/exampleSettings";
import { loadedStack } from "../../../../support/loadedStack";
import { SshStandIn } from "../../../../support/sshStandIn";

const ssh = new SshStandIn();
const settings = exampleSettings();
const known = loadedStack({ settings });
const [master, node] = settings.nodes as [NodeSettings, NodeSettings];
const takenPort = (port: number): string =>
  `port ${port} is taken by perl (other.service), which stays as it is`;
const otherPort = "give ours another port";

function managedOn(each: NodeSettings): Managed {
  const parts = [managedOnNode({ node: each, exporter: settings.exporter, presets: settings.presets })];
  if (each.master) {
    const args = {
      node: each,
      nodes: settings.nodes,
      settings: settings.prometheus,
      remoteWriteUrl: known.outputs.urls.telegraf,
    };
    parts.push(managedOnMaster(args, "CREDENTIAL"));
  }
  return merge(parts);
}

/** What a healthy node says. */
function healthy(each: NodeSettings): string {
  const { packages, files, joinedFiles = [], daemons, units, metrics, disks } = managedOn(each);
  const now = Date.now() / 1000;
  const answer = (data: object): string => JSON.stringify({ status: "success", data });
  return [
    ["clock", now],
    ...packages.map((name) => ["package", name, "1", "1"]),
    ...files.map(({ path, sha256, mode, owner }) => ["file", path, sha256, `${mode} ${owner}`]),
    ...joinedFiles.map(({ path, mode, owner }) => ["file", path, "sum", `${mode} ${owner}`, "sum"]),
    ...daemons.flatMap(({ unit, program, arguments: words }) => [
      ["unit", unit, "enabled", "active"],
      ["process", unit, [program, ...words].join(" "), program],
    ]),
    ...units.map((unit) => ["unit", unit, "enabled", "active"]),
    ...metrics.map(({ path }) => ["metrics", path, now]),
    ...disks.map((folder) => ["disk", folder, folder, 10, ""]),
    ["targets", answer({ activeTargets: [] })],
    ["certificate", "0", ""],
  ]
    .map((words) => words.join("\t"))
    .join("\n");
}

/** What is found when one node says something else than a healthy one. */
async function examine(
  which: NodeSettings,
  change: (text: string) => string,
  refusals: readonly string[] = [],
  resources: LoadedStack["resources"] = [],
): Promise<readonly Finding[]> {
  for (const each of settings.nodes) {
    const login = `pi@${each.host}`;
    ssh.answer(login, "doctor", each === which ? change(healthy(each)) : healthy(each));
    const lines = each === which ? refusals.map((sentence) => `refusal=${sentence}: ${otherPort}`) : [];
    ssh.answer(login, "preflight", ["inspects", ...lines, ""].join("\n"));
  }
  const { findings } = await inspectNodes({ ...known, resources });
  return findings;
}

const stopped =
  (unit: string, state = "inactive") =>
  (text: string): string =>
    text.replace(`${unit}\tenabled\tactive`, `${unit}\tenabled\t${state}`);
const exporterUnit = "pi-monitoring-node-exporter.service";
const prometheusUnit = "pi-monitoring-prometheus.service";
const fix = "`npm run doctor -- home --fix` applies kube-1-exporters again";

describe("what the server's certificate is checked by", () => {
  const file = "/etc/pi-monitoring/server-certificate.pem";
  const again = (...repairs: Finding["repairs"] & object): object => ({
    subject: "kube-0",
    repairs,
    remedy: `\`npm run doctor -- home --fix\` applies ${repairs.map(({ resource }) => resource).join(", ")} again`,
  });
  const script = { how: "run", resource: "kube-0-prometheus-script" } as const;

  test.each([
    [
      "is stale",
      "\tother",
      `${file} is not what /etc/pi-monitoring/server-issuers.pem and /etc/ssl/certs/ca-certificates.crt have`,
    ],
    ["is missing", "\t", `${file} is missing`],
  ])("%s", async (_, sum, problem) => {
    const change = (text: string): string => text.replace(`${file}\tsum`, file + sum);
    expect(await examine(master, change)).toEqual([{ ...again(script), problem }]);
  });

  test("may be read by all", async () => {
    const change = (text: string): string => text.replace(`${file}\tsum\t0644`, `${file}\tsum\t0600`);
    const problem = `${file} has 0600 root:root, and should have 0644 root:root`;
    expect(await examine(master, change)).toEqual([{ ...again(script), problem }]);
  });

  const refused = (text: string): string =>
    text.replace(
      "certificate\t0\t",
      "certificate\t60\tcurl: (60) SSL certificate problem: self-signed certificate",
    );
  const problem =
    "it does not trust the server's certificate: SSL certificate problem: self-signed certificate";

  test("does not know the certificate of an authority: only a person can help", async () => {
    expect(await examine(master, refused)).toEqual([
      {
        subject: "kube-0",
        problem,
        remedy: "`docker logs` of the portal on the server says why it has none that is trusted",
      },
    ]);
  });

  test("does not know one that the portal has signed itself: it is read again", async () => {
    const resource = "server-https-portal-certificate";
    const urn = `urn:pulumi:home::pi-monitoring::command:local:Command::${resource}`;
    const resources = [{ urn, type: "command:local:Command", outputs: { stdout: "" } }];
    expect(await examine(master, refused, [], resources)).toEqual([
      { ...again({ how: "run", resource }), problem },
    ]);
  });

  test("a server that does not answer is no question of trust", async () => {
    const away = (text: string): string =>
      text.replace("certificate\t0\t", "certificate\t7\tcurl: (7) Failed to connect");
    expect(await examine(master, away)).toEqual([]);
  });
});

describe("a daemon that does not run", () => {
  test("is not looked for where all run", async () => {
    expect(await examine(node, (text) => text, [takenPort(9100)])).toEqual([]);
    expect(ssh.preflightRuns).toEqual([]);
  });

  test("is repaired by --fix where nothing is in the way", async () => {
    expect(await examine(node, stopped(exporterUnit))).toEqual([
      {
        subject: "kube-1",
        problem: `${exporterUnit} is inactive`,
        remedy: fix,
        repairs: [{ how: "run", resource: "kube-1-exporters" }],
      },
    ]);
    expect(ssh.preflightRuns.map(({ login }) => login)).toEqual(["pi@kube-1.local"]);
  });

  test("is one finding with what is in its way, and nothing for --fix", async () => {
    expect(await examine(node, stopped(exporterUnit, "activating"), [takenPort(9100)])).toEqual([
      { subject: "kube-1", problem: takenPort(9100), remedy: otherPort },
    ]);
  });

  test("what else its script would repair waits for that", async () => {
    const change = (text: string): string =>
      stopped(exporterUnit)(text).replace(/(pi-monitoring-textfiles.timer)\t[0-9a-f]{64}/, "$1\tother");
    expect(await examine(node, change, [takenPort(9100)])).toEqual([
      { subject: "kube-1", problem: takenPort(9100), remedy: otherPort },
      {
        subject: "kube-1",
        problem: "/etc/systemd/system/pi-monitoring-textfiles.timer differs from what was deployed",
        remedy: `first resolve the conflict there; then ${fix}`,
      },
    ]);
  });

  test("of a master: another machine in its place is not asked", async () => {
    const change = (text: string): string =>
      stopped(prometheusUnit)(text).replace(/^targets\t.*/m, "targets\t<html>404</html>");
    expect(await examine(master, change, [takenPort(9090)])).toEqual([
      { subject: "kube-0", problem: takenPort(9090), remedy: otherPort },
    ]);
    const [run, ...others] = ssh.preflightRuns;
    expect(others).toEqual([]);
    expect(run?.input).toContain("refuse_taken_port Prometheus");
    expect(run?.input).not.toContain("refuse_taken_port node_exporter");
  });

  test("Prometheus that runs and does not answer is looked at, too", async () => {
    const silent = (text: string): string => text.replace(/^targets\t.*/m, "targets\t");
    expect(await examine(master, silent, [takenPort(9090)])).toEqual([
      { subject: "kube-0", problem: takenPort(9090), remedy: otherPort },
    ]);
    expect(await examine(master, silent)).toEqual([
      {
        subject: "kube-0",
        problem: "Prometheus does not answer",
        remedy: "`journalctl -u pi-monitoring-prometheus` there says why",
        mayPassByItself: true,
      },
    ]);
  });

  test("on a new SD card, --fix runs the scripts that nothing is in the way of", async () => {
    const empty = (text: string): string =>
      text.replace(/^file\t(\S+)\t.*/gm, "file\t$1\t\t").replaceAll("enabled\tactive", "\tinactive");
    expect(await examine(node, empty, [takenPort(9100)])).toEqual([
      { subject: "kube-1", problem: takenPort(9100), remedy: otherPort },
    ]);
    expect(await examine(node, empty)).toEqual([
      {
        subject: "kube-1",
        problem: "nothing is set up on it, as after a new SD card",
        remedy: fix,
        repairs: [{ how: "run", resource: "kube-1-exporters" }],
      },
    ]);
  });
});

describe("that Prometheus cannot scrape a node", () => {
  const down = (text: string): string =>
    text.replace(/^targets\t.*/m, () => {
      const target = {
        scrapePool: "node",
        scrapeUrl: "http://kube-1.local:9100/metrics",
        health: "down",
        lastError: "EOF",
      };
      return `targets\t${JSON.stringify({ status: "success", data: { activeTargets: [target] } })}`;
    });

  test("is a finding of that node", async () => {
    expect(await examine(master, down)).toMatchObject([
      { subject: "kube-1", problem: "Prometheus on kube-0 cannot scrape kube-1.local:9100: EOF" },
    ]);
  });

  test("is one finding for all targets of the probes, which have one exporter", async () => {
    const answer = ["1.1.1.1", "9.9.9.9"].map((target) => ({
      scrapePool: "internet",
      scrapeUrl: `http://127.0.0.1:19115/probe?module=icmp&target=${target}`,
      health: "down",
      lastError: "connection refused",
    }));
    const data = `targets\t${JSON.stringify({ status: "success", data: { activeTargets: answer } })}`;
    expect(await examine(master, (text) => text.replace(/^targets\t.*/m, data))).toMatchObject([
      {
        subject: "kube-0",
        problem: "Prometheus on kube-0 cannot scrape 127.0.0.1:19115: connection refused",
      },
    ]);
  });

  test("is information for a target of the user's jobs, also on a node, and without parameters", async () => {
    const url = "http://kube-1.local:9105/probe?token=hunter22";
    const target = { scrapePool: "probe", scrapeUrl: url, health: "down", lastError: `Get "${url}": EOF` };
    const answer = `targets\t${JSON.stringify({ status: "success", data: { activeTargets: [target] } })}`;
    expect(await examine(master, (text) => text.replace(/^targets\t.*/m, answer))).toEqual([]);
    expect((await inspectNodes(known)).information).toEqual([
      'job probe: kube-0 cannot scrape kube-1.local:9105: Get "http://kube-1.local:9105/probe?…": EOF',
    ]);
  });

  test.each(["router.local:91000", ":9100"])(
    "is information for the address %s, which is none",
    async (address) => {
      const url = `http://${address}/metrics`;
      const target = { scrapePool: "router", scrapeUrl: url, health: "down", lastError: "invalid port" };
      const answer = `targets\t${JSON.stringify({ status: "success", data: { activeTargets: [target] } })}`;
      expect(await examine(master, (text) => text.replace(/^targets\t.*/m, answer))).toEqual([]);
      expect((await inspectNodes(known)).information).toEqual([
        `job router: kube-0 cannot scrape ${address}: invalid port`,
      ]);
    },
  );

  test("but none beside what is in the way of its node_exporter", async () => {
    await examine(node, stopped(exporterUnit), [takenPort(9100)]);
    ssh.answer("pi@kube-0.local", "doctor", down(healthy(master)));
    const { findings, refused } = await inspectNodes(known);
    expect(findings).toEqual([{ subject: "kube-1", problem: takenPort(9100), remedy: otherPort }]);
    // Nor is it one that the node is silent.
    expect([...refused]).toEqual(["kube-1"]);
  });
});

describe("a finding that is there after --fix", () => {
  const repair = { how: "run", resource: "kube-1-exporters" } as const;
  const finding: Finding = { subject: "kube-1", problem: "x", remedy: fix, repairs: [repair] };

  test.each([
    ["failed", { failed: true }, "what has failed is printed above"],
    ["did not last", { failed: false }, "something there undoes it"],
  ])("though its script ran and %s, does not send back to --fix", (_, { failed }, reason) => {
    expect(afterFix(finding, { repairs: [repair], missing: [], failed }, "home")).toEqual({
      subject: "kube-1",
      problem: "x",
      remedy: `--fix does not repair it, and has applied kube-1-exporters again: ${reason}`,
    });
  });

  test("as the stack does not have it, is for a deploy", () => {
    const attempt = { repairs: [repair], missing: ["kube-1-exporters"], failed: false };
    expect(afterFix(finding, attempt, "home").remedy).toBe(
      "`npm run deploy -- home` makes kube-1-exporters, which the stack does not have",
    );
  });

  test("without an attempt to repair it, stays as it is", () => {
    const { repairs, ...hopeless } = finding;
    expect(repairs).toHaveLength(1);
    for (const each of [finding, hopeless]) {
      expect(afterFix(each, { repairs: [], missing: [], failed: true }, "home")).toEqual(each);
    }
  });

  test("is counted", () => {
    expect([1, 2].map(describeRest)).toEqual([
      "1 finding is still there after --fix; the lines above say what keeps it.",
      "2 findings are still there after --fix; the lines above say what keeps them.",
    ]);
  });
});
