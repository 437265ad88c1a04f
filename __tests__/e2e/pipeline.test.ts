import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { $ as zx, sleep } from "zx";
import { parse, stringify } from "yaml";
import type { Examination } from "../../scripts/doctor/examination";
import { rehearsalFolder } from "../../scripts/rehearsal/instance";
import { exec, rehearsalLabel } from "../../scripts/rehearsal/machines/machine";
import { setTemperature } from "../../scripts/rehearsal/machines/sensors";
import { servedStackVariable } from "../../scripts/rehearsal/offline/providers/provider";
import { ensureDocker } from "../../scripts/rehearsal/toolchain/docker";
import { openStack } from "../../scripts/rehearsal/openStack";
import { Stack, type Captured } from "../../scripts/stack/stack";
import { expectSuccess, run } from "../support/commands";
import { eventually } from "../support/eventually";
import { temporaryFolder } from "../support/temporaryFolder";
import { startContainers, stopContainer } from "./support/stopAndStart";
import { expectUnchangedUp, slowness } from "./support/duration";
import { influx, influxWithCurlConfig, org, query } from "./support/influx";
import { docker, pis, shell, statusOf } from "./support/machines";
import { preparation, pulumi } from "./support/rehearsal";
import { expectNoSecret, expectNoSecretAround, readSecrets, type Secrets } from "./support/secrets";
import { editSettings, withSettings } from "./support/settingsFile";

const $ = zx({ quiet: true, nothrow: true });
const productionFolder = temporaryFolder();

let stack: Stack;
let secrets: Secrets;
/** Everything that `pulumi` has printed so far. */
let printed = "";

/** Keeps what `pulumi` has printed; it must have succeeded. */
function keep(captured: Captured): void {
  printed += captured.output;
  expectSuccess(captured);
}

/** `pulumi up` with the settings as they are. */
async function up(...options: string[]): Promise<void> {
  keep(await pulumi(stack, "up", ...options));
}

/** `pulumi up` with something replaced in the settings, which are restored; it may fail. */
async function upWith(before: string, after: string, ...options: string[]): Promise<Captured> {
  return withSettings(
    () => editSettings(before, after),
    () => pulumi(stack, "up", ...options),
  );
}

async function doctor(): Promise<Examination> {
  return JSON.parse((await run("doctor", ["--json"])).stdout) as Examination;
}

/** Writes to Telegraf's listener from a Pi, through the portal, and gives the HTTP status. */
async function remoteWrite(...headers: string[]): Promise<number> {
  const certificate = ["--cacert", "/etc/pi-monitoring/server-certificate.pem"];
  const options = headers.flatMap((header) => ["-H", header]);
  return statusOf("https://telegraf.pi.test/telegraf", ...certificate, ...options, "--data", "x");
}

/** The names and labels of the metrics that an exporter script writes on kube-1, into a folder that is not ours. */
async function seriesOf(script: string): Promise<string[]> {
  const folder = "/var/lib/node_exporter/textfile_collector";
  await exec("kube-1", ["tee", "/tmp/exporter"], await readFile(script, "utf8"));
  await exec("kube-1", ["mkdir", "-p", folder]);
  await exec("kube-1", ["bash", "/tmp/exporter"]);
  const metrics = await exec("kube-1", ["cat", `${folder}/raspberrypi-metrics.prom`]);
  await exec("kube-1", ["rm", "-r", "/var/lib/node_exporter"]);
  return metrics
    .split("\n")
    .flatMap((line) => /^\w+\{[^}]*\}/.exec(line)?.[0] ?? [])
    .sort();
}

/** The longest time in seconds between two answers of the portal to a Pi, while something goes on. */
async function longestGapInAnswers(during: () => Promise<unknown>): Promise<number> {
  const curl = "curl -k -s -o /dev/null -w '%{http_code}' --max-time 1 https://telegraf.pi.test/telegraf";
  const ask = `echo "$(date +%s.%N) $(${curl})"; sleep 0.1`;
  const asking = shell("kube-1", `rm -f /tmp/stop-asking; while [ ! -e /tmp/stop-asking ]; do ${ask}; done`);
  await sleep(1000);
  await during();
  await sleep(1000);
  await exec("kube-1", ["touch", "/tmp/stop-asking"]);
  // Without a credential the answer is 401.
  const answered = (await asking).split("\n").flatMap((line) => /^([\d.]+) 401$/.exec(line)?.[1] ?? []);
  return Math.max(...answered.slice(1).map((time, index) => Number(time) - Number(answered[index])));
}

describe("the whole system from one command", () => {
  let seconds: number;

  beforeAll(async () => {
    await run("down");
    const start = await run("start", ["--yes"]);
    ({ seconds } = start);
    printed += start.output;
    expectSuccess(start);
    stack = await openStack("dev");
    secrets = await readSecrets(stack);
  });

  test("reports the address of Grafana and its password", async () => {
    const { stdout } = await run("doctor");
    const [, url = ""] = /^Grafana: (\S+)/m.exec(stdout) ?? [];
    const password = (await run("password")).stdout.trim();
    expect(password).toBe(secrets.grafanaAdminPassword);
    expect(stdout).not.toContain(password);
    // For curl, as for a browser, a name below `localhost` is this machine.
    const ask = (path: string): Promise<string> =>
      $({
        input: `user = "admin:${password}"`,
      })`curl --silent --show-error --fail --insecure --config - ${url}${path}`.text();
    expect(await ask("/api/health")).toContain('"database":"ok"');
    expect(await ask("/api/datasources")).toContain("pi-monitoring-influxdb");
  });

  test("brings samples of every node into InfluxDB", async () => {
    console.log(`from down to the table: ${seconds.toFixed(0)} s`);
    const { ok, nodes, containers } = await doctor();
    expect(nodes.map(({ name }) => name)).toEqual(pis);
    for (const { sampleAgeSeconds, load1, cpuCelsius } of nodes) {
      expect(sampleAgeSeconds).toBeLessThan(30);
      expect(load1).toBeGreaterThanOrEqual(0);
      expect(cpuCelsius).toBeGreaterThan(20);
    }
    expect(containers).toHaveLength(4);
    expect(ok).toBe(true);
  });

  test("brings the temperature of a Pi's sensor", async () => {
    await setTemperature("kube-1", 71.5);
    await eventually("the temperature of kube-1 in the table", 60, async () => {
      expect((await doctor()).nodes.map(({ cpuCelsius }) => cpuCelsius === 71.5)).toEqual([
        false,
        true,
        false,
      ]);
    });
  });

  test("is up in less than 150 s when everything is prepared, on a machine of the usual speed", async () => {
    expect(seconds).toBeLessThan(150 * (await slowness()));
  });

  test("has nothing to change the second time, nor after a refresh", async () => {
    for (const run of await expectUnchangedUp(stack)) {
      keep(run);
    }
    keep(await pulumi(stack, "refresh", "--expect-no-changes"));
    await up("--expect-no-changes");
  });

  test("accepts no write without the credential", async () => {
    expect(await remoteWrite()).toBe(401);
    expect(await remoteWrite("Authorization: Bearer wrong")).toBe(401);
    expect(await remoteWrite(`Authorization: Bearer ${secrets.ingestCredential.toLowerCase()}`)).toBe(401);
    // This answer is Telegraf's, which cannot read "x".
    expect(await remoteWrite(`Authorization: Bearer ${secrets.ingestCredential}`)).toBe(400);
  });

  test("gives each token its buckets and one direction", async () => {
    const { telegrafToken, grafanaToken, influxdbAdminPassword } = secrets;
    const admin = `user = "admin:${influxdbAdminPassword}"\ncookie-jar = "/tmp/cookies"\n`;
    expect((await influxWithCurlConfig(admin, "signin", "-X", "POST")).status).toBe(204);
    const asAdmin = 'cookie = "/tmp/cookies"\n';
    const orgs = JSON.parse((await influxWithCurlConfig(asAdmin, "orgs")).body) as { orgs: { id: string }[] };
    const other = JSON.stringify({ orgID: orgs.orgs[0]?.id, name: "somebody-elses" });
    expect((await influxWithCurlConfig(asAdmin, "buckets", "--data-binary", other)).status).toBe(201);

    const read = 'from(bucket: "prometheus") |> range(start: -1m) |> limit(n: 1)';
    const write = async (token: string, bucket: string): Promise<number> =>
      (await influx(token, `write?org=${org}&bucket=${bucket}`, "--data-binary", "m f=1")).status;
    const statuses = {
      grafanaReads: (await query(grafanaToken, read)).status,
      grafanaWrites: await write(grafanaToken, "prometheus"),
      grafanaReadsOther: (await query(grafanaToken, read.replace("prometheus", "somebody-elses"))).status,
      telegrafReads: (await query(telegrafToken, read)).status,
      telegrafWrites: await write(telegrafToken, "prometheus"),
      telegrafWritesOther: await write(telegrafToken, "somebody-elses"),
    };
    expect(statuses).toEqual({
      grafanaReads: 200,
      grafanaWrites: 403,
      grafanaReadsOther: 404,
      telegrafReads: 404,
      telegrafWrites: 204,
      telegrafWritesOther: 403,
    });
    const visible = await query(grafanaToken, 'buckets() |> keep(columns: ["name"])');
    expect(visible.body.match(/prometheus\w*|somebody-elses|_monitoring|_tasks/g)?.sort()).toEqual([
      "prometheus",
      "prometheus_1h",
      "prometheus_5m",
    ]);
  });

  test("opens no port but the portal's", async () => {
    const published = await docker("ps", "--format", "{{.Names}} {{.Ports}}");
    const open = published.split("\n").filter((line) => line.includes("->"));
    expect(open.map((line) => line.split(" ")[0])).toEqual(["https-portal"]);
    const listening = await exec("vps", ["ss", "-Hltn"]);
    const ports = new Set(
      listening.split("\n").flatMap((line) => /(?:\*|0\.0\.0\.0|\[::\]):(\d+)\s/.exec(line)?.[1] ?? []),
    );
    // 22 is sshd; 8000 is the rehearsal's own download server.
    expect([...ports].sort()).toEqual(["22", "443", "80", "8000"]);
    const host = await $`docker ps --filter label=${rehearsalLabel} --format ${"{{.Ports}}"}`;
    expect(host.stdout.match(/[\d.:\[\]]+->/g)?.filter((each) => !each.startsWith("127.0.0.1:"))).toEqual([]);
  });

  test("labels what it makes with the stack", async () => {
    const labelled = ["--filter", "label=pi-monitoring.stack=dev"];
    const count = async (...words: string[]): Promise<number> =>
      (await docker(...words, ...labelled, "-q")).split("\n").filter((line) => line !== "").length;
    expect(await count("ps", "--all")).toBe(4);
    expect(await count("network", "ls")).toBe(3);
    expect(await count("volume", "ls")).toBe(5);
  });

  test("shows no secret in clear", async () => {
    await expectNoSecretAround(secrets, stack, async () => {
      // With another address, each of the four scripts of the nodes runs again.
      const changed = await upWith("sshHost: 127.0.0.1", "sshHost: localhost", "--diff");
      await up();
      expect(changed.output).toContain("4 updated");
      return changed.output + printed;
    });
  });

  test.each([
    {
      where: "on a node",
      machine: "kube-0",
      prefix: [],
      program: "/usr/bin/promtool",
      before: "scrapeInterval: 5s",
      after: "scrapeInterval: 6s",
      error: "promtool refuses the new configuration",
    },
    {
      where: "in a container",
      machine: "vps",
      prefix: ["docker", "exec", "influxdb"],
      program: "/usr/bin/curl",
      before: "org: Küche & Keller",
      after: "org: Küche & Keller\n    retentionDays: 7",
      error: "The request GET setup to InfluxDB failed.",
    },
  ] as const)(
    "names no secret when a command fails $where",
    async ({ machine, prefix, program, before, after, error }) => {
      await exec(machine, [...prefix, "mv", program, `${program}.away`]);
      const { exitCode, output } = await upWith(before, after).finally(() =>
        exec(machine, [...prefix, "mv", `${program}.away`, program]),
      );
      expect(exitCode).not.toBe(0);
      expect(output).toContain(error);
      expectNoSecret(secrets, "the error", output);
      await up();
    },
  );

  test("moves to another bucket, whatever its name, with tokens for that one", async () => {
    const bucket = "Wände/50 % <$HOME> 'x' #?+&=;Ω";
    const revoked = secrets.telegrafToken;
    const setting = "org: Küche & Keller";
    expectSuccess(await upWith(setting, `${setting}\n    bucket: "${bucket}"`));
    const { influxdb, grafanaToken } = await stack.outputs();
    expect(influxdb.bucket).toBe(bucket);
    const count = `from(bucket: ${JSON.stringify(bucket)}) |> range(start: -1m) |> filter(fn: (r) => r._field == "node_load1") |> group(columns: ["node_name"]) |> count()`;
    await eventually("samples of three nodes in the new bucket", 60, async () => {
      expect((await query(grafanaToken, count)).body.match(/kube-\d\.local/g)).toHaveLength(3);
    });
    expect((await influx(revoked, "buckets")).status).toBe(401);
    await up();
    secrets = await readSecrets(stack);
  });

  test("ends each container by its own signal, within seconds", async () => {
    const signs = {
      "https-portal": /^/,
      grafana: /Shutdown started.*System signal: terminated/,
      telegraf: /Stopping running outputs/,
      influxdb: /Stopping subsystem.*engine/,
    };
    for (const [name, sign] of Object.entries(signs)) {
      const { seconds, exitCode, log } = await stopContainer(name);
      console.log(`${name} ended with exit code ${exitCode} after ${seconds.toFixed(1)} s`);
      expect({ name, exitCode, log }).toEqual({
        name,
        exitCode: 0,
        log: expect.stringMatching(sign) as string,
      });
      expect(seconds).toBeLessThan(5);
    }
    await startContainers(...Object.keys(signs));
  });

  test("interrupts remote write for less than 8 s when the portal is replaced", async () => {
    const state = JSON.parse(await stack.exportState()) as { deployment: { resources: { urn: string }[] } };
    const portal = state.deployment.resources.find(({ urn }) =>
      urn.endsWith("docker:index/container:Container::server-https-portal"),
    );
    const seconds = await longestGapInAnswers(() => up("--replace", portal?.urn ?? ""));
    console.log(`no answer from the portal for ${seconds.toFixed(1)} s`);
    expect(seconds).toBeGreaterThan(0.3);
    expect(seconds).toBeLessThan(8);
  });

  test("finds the data again after the container was removed by hand", async () => {
    const firstSample =
      'from(bucket: "prometheus") |> range(start: -1h) |> filter(fn: (r) => r._field == "node_load1") |> group() |> first() |> keep(columns: ["_time"])';
    const before = await query(secrets.grafanaToken, firstSample);
    await exec("vps", ["docker", "rm", "--force", "--volumes", "influxdb"]);
    await up("--refresh");
    expect(before.body).toMatch(/T\d\d:/);
    expect(await query(secrets.grafanaToken, firstSample)).toEqual(before);
  });

  test("refuses an exporter whose checksum differs, and keeps the old one", async () => {
    const wrong = "f".repeat(64);
    const found = (await stack.settings()).exporter.sha256;
    const installed = await exec("kube-1", [
      "sha256sum",
      "/usr/local/lib/pi-monitoring/raspberrypi_exporter",
    ]);
    const { exitCode, output } = await upWith(found, wrong, "--continue-on-error");
    expect(exitCode).not.toBe(0);
    for (const pi of pis) {
      expect(output).toContain(
        `${pi}: refused raspberrypi_exporter: expected SHA-256 ${wrong}, found ${found}`,
      );
    }
    expect(await exec("kube-1", ["sha256sum", "/usr/local/lib/pi-monitoring/raspberrypi_exporter"])).toBe(
      installed,
    );
    await up();
  });

  // The variable names a copy of the real script.
  const realExporter = process.env["RASPBERRYPI_EXPORTER_SCRIPT"];
  const testWithRealExporter = realExporter === undefined ? test.skip : test;
  testWithRealExporter(
    "has a stand-in for the exporter with the metrics of the real one (needs RASPBERRYPI_EXPORTER_SCRIPT)",
    async () => {
      const standIn = join(__dirname, "../../scripts/rehearsal/images/vps/raspberrypi_exporter-stand-in");
      const [expected, found] = [await seriesOf(realExporter ?? ""), await seriesOf(standIn)];
      expect(expected.length).toBeGreaterThan(15);
      expect(found).toEqual(expected);
    },
  );

  test("previews production with the VPS and the Pis out of reach", async () => {
    const project = parse(await readFile(join(rehearsalFolder, "project/Pulumi.yaml"), "utf8")) as object;
    await writeFile(join(productionFolder, "Pulumi.yaml"), stringify({ ...project, main: process.cwd() }));
    const key = join(rehearsalFolder, "keys/id_ed25519");
    // Addresses that are reserved for documentation: nothing answers there.
    const settings = {
      domain: "example.com",
      vps: { host: "192.0.2.1", key, hostKey: "unchecked" },
      nodes: [1, 2].map((n) => ({
        name: `pi-${n}`,
        host: `192.0.2.${10 + n}`,
        key,
        hostKey: "unchecked",
        master: n === 1,
      })),
    };
    const config = Object.fromEntries(
      Object.entries(settings).map(([key_, value]) => [`pi-monitoring:${key_}`, value]),
    );
    await writeFile(join(productionFolder, "Pulumi.production.yaml"), stringify({ config }));
    const production = new Stack("production", {
      // Where the providers are stand-ins, they serve this stack for once: a preview does nothing.
      environment: { ...stack.call.environment, [servedStackVariable]: "production" },
      options: ["--cwd", productionFolder],
    });
    await production.select();
    const { exitCode, output } = await production.capture("preview", "--diff", "--non-interactive");
    expect(exitCode).toBe(0);
    expect(output).toMatch(/\d\d to create/);
    expectNoSecret(secrets, "a preview", output);
  });

  test("leaves nothing on the server and on the nodes when it is destroyed", async () => {
    // A process works in each folder, as our script and Debian's collectors do while they write.
    for (const folder of ["/run/pi-monitoring/textfiles", "/var/lib/prometheus/node-exporter"]) {
      await shell("kube-1", `cd ${folder} && sleep 300 >/dev/null 2>&1 &`);
    }
    keep(await pulumi(stack, "destroy"));
    expect(await docker("ps", "--all", "--quiet")).toBe("");
    expect(await docker("volume", "ls", "--quiet")).toBe("");
    expect(await docker("network", "ls", "--quiet", "--filter", "type=custom")).toBe("");
    const own = [
      "/etc/pi-monitoring",
      "/usr/local/lib/pi-monitoring",
      "/var/lib/pi-monitoring",
      "/run/pi-monitoring",
    ];
    // The links that mask units of Debian's daemons are among these.
    const units = [
      "/etc/systemd/system/pi-monitoring*",
      "/etc/systemd/system/*/pi-monitoring*",
      "/etc/systemd/system/prometheus*",
    ];
    // The stack had installed the packages, so it removes them.
    const packages = [
      "/etc/prometheus",
      "/etc/default/prometheus*",
      "/var/lib/prometheus",
      "/usr/bin/prometheus*",
    ];
    const left = `ls -d ${[...own, ...units, ...packages].join(" ")} 2>/dev/null; systemctl list-units --all --plain --no-legend 'pi-monitoring*'`;
    for (const pi of pis) {
      expect(await shell(pi, left)).toBe("");
    }
  });

  test("goes down without a trace", async () => {
    expectSuccess(await run("down"));
    // If the rehearsal had started the engine, `down` has ended it. It must run again to show what it still has.
    await ensureDocker(preparation);
    for (const words of [
      ["ps", "--all"],
      ["network", "ls"],
      ["volume", "ls"],
    ]) {
      const { exitCode, stdout } = await $`docker ${words} --quiet --filter label=${rehearsalLabel}`;
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "" });
    }
    await expect(readFile(join(rehearsalFolder, "keys/id_ed25519"))).rejects.toThrow("ENOENT");
    expect(await readFile("/etc/hosts", "utf8")).not.toContain("pi.test");
  });
});
