// Runs only when it is named, see scripts/tools/suites.ts.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { $ } from "../../../scripts/cli/shell";
import { examine } from "../../../scripts/doctor/examination";
import { containerOf, exec } from "../../../scripts/rehearsal/machines/machine";
import { prepareTraefik } from "./loopback/traefik";
import type { Stack, StackOutputs } from "../../../scripts/stack/stack";
import { run, runOrFail } from "../../support/commands";
import { eventually } from "../../support/eventually";
import { shell, statusOf } from "../support/machines";
import { deploy, expectHealthy, pulumiOrFail, startRehearsal } from "../support/rehearsal";
import { expectNothingLost } from "../support/samples";
import { changeSetting, readSetting } from "../support/settingsFile";

const examples = join(__dirname, "../../../docs/fronts");
const ports = { grafana: 3000, telegraf: 8080, influxdb: 8086 };
const names = Object.keys(ports).map((service) => `${service}.pi.test`);
/** Where the test keeps the certificates of the fronts, and Traefik, on the VPS. */
const folder = "/srv/front";
const caddyRoot = "/var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt";
const scrapeSeconds = 5;

let stack: Stack;
let outputs: StackOutputs;
/** The rehearsal's own values of the settings that change. */
let own: Readonly<Record<string, unknown>> = {};
/** The samples before this time are counted. */
let since: Date;

async function onVps(script: string): Promise<string> {
  return shell("vps", `set -eu; ${script}`);
}

/** An example of the documents, with the rehearsal's names. */
async function example(file: string): Promise<string> {
  return (await readFile(join(examples, file), "utf8")).replaceAll("example.com", "pi.test");
}

/** The sockets of the VPS that listen, each once. */
async function listening(): Promise<string[]> {
  const sockets = await onVps("ss -ltnH | awk '{ print $4 }'");
  return [...new Set(sockets.split("\n").filter((line) => line !== ""))].sort();
}

/** The first three seconds of Grafana's answer to a client that asks for a WebSocket. */
async function askForWebSocket(origin: string): Promise<string> {
  const headers = [
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    `Origin: ${origin}`,
  ].map((header) => `header = "${header}"`);
  const configuration = [...headers, `user = "admin:${outputs.grafanaAdminPassword ?? ""}"`].join("\n");
  const curl = ["curl", "-sSkiN", "--http1.1", "--max-time", "3", "-K", "-"];
  const url = "https://grafana.pi.test/api/live/ws";
  // Nothing ends the connection, so curl does, with an error.
  const $input = $({ input: configuration, nothrow: true });
  return (await $input`docker exec --interactive ${containerOf("kube-0")} ${curl} ${url}`).stdout;
}

/** How each front is started with its example. */
const fronts = {
  nginx: async () => {
    const file = (await example("nginx.conf")).replace(/\/etc\/letsencrypt\/live/g, folder);
    await exec("vps", ["tee", "/etc/nginx/conf.d/pi-monitoring.conf"], file);
    await onVps("systemctl start nginx");
  },
  caddy: async () => {
    await exec("vps", ["tee", "/etc/caddy/Caddyfile"], await withInternalCertificates());
    await onVps("systemctl start caddy");
  },
  traefik: async () => {
    const file = (await example("traefik.yaml")).replaceAll("{ certResolver: letsencrypt }", "{}");
    await exec("vps", ["tee", `${folder}/dynamic/pi-monitoring.yaml`], file);
    const traefik = `--entryPoints.websecure.address=:443 --providers.file.directory=${folder}/dynamic`;
    await onVps(
      `systemd-run --quiet --collect --unit traefik ${folder}/traefik ${traefik} --global.checkNewVersion=false`,
    );
  },
};

async function withInternalCertificates(options = ""): Promise<string> {
  const sites = (await example("Caddyfile")).replaceAll("reverse_proxy", "tls internal\n\treverse_proxy");
  return `{\n\tskip_install_trust\n\t${options}\n}\n${sites}`;
}

/** Runs a script of this test's folder on the VPS. */
async function runFile(name: string, ...words: readonly string[]): Promise<string> {
  return shell("vps", await readFile(join(__dirname, "loopback", `${name}.sh`), "utf8"), ...words);
}

beforeAll(async () => {
  stack = await startRehearsal();
  await runFile("install");
  await runFile("makeCertificates", folder, ...names);
  const traefik = await prepareTraefik(() => undefined);
  await $`docker cp ${traefik} ${containerOf("vps")}:${folder}/traefik`;
  // Caddy makes its authority when it starts, here on ports that are free.
  await exec(
    "vps",
    ["tee", "/etc/caddy/Caddyfile"],
    await withInternalCertificates("https_port 8443\n\thttp_port 8880"),
  );
  await onVps("systemctl start caddy");
  await eventually("Caddy's authority", 30, () => onVps(`test -s ${caddyRoot}`));
  await onVps("systemctl stop caddy");

  const ca = await onVps(`cat ${folder}/ca.crt ${caddyRoot}`);
  // The certificates of this test are for the names of one domain, and `certificates` is for a portal.
  own = {
    ingress: undefined,
    names: await readSetting("names"),
    certificates: await readSetting("certificates"),
  };
  await changeSetting("certificates", () => undefined);
  await changeSetting("names", () => undefined);
  await changeSetting("ingress", () => ({ loopback: ports, ca }));
});

afterAll(async () => {
  // First, as other suites need the settings also where the rest fails.
  for (const [setting, value] of Object.entries(own)) {
    await changeSetting(setting, () => value);
  }
  await runFile("remove", folder);
  await startRehearsal();
});

test("a port that another process has is refused, and nothing is changed", async () => {
  const before = await stack.exportState();
  await onVps("systemd-run --quiet --collect --unit taken busybox httpd -f -p 127.0.0.1:8086 -h /srv");
  const refused =
    "ingress.loopback.influxdb = 8086: busybox (taken.service) has this port; give another port, or stop that process";
  const { exitCode, output } = await run("deploy", ["dev", "--yes"]);
  expect({ exitCode, output }).toEqual({
    exitCode: 1,
    output: expect.stringContaining(
      `Ports of the server are taken:\n${refused}\nNothing was changed.`,
    ) as string,
  });
  expect(await stack.exportState()).toBe(before);
  await onVps("systemctl stop taken");
});

test("the services go to the server's loopback address, and nothing else is open", async () => {
  const before = await listening();
  since = new Date();
  await deploy();
  outputs = await stack.outputs();
  const after = await listening();
  expect(after.filter((socket) => !before.includes(socket))).toEqual([
    "127.0.0.1:3000",
    "127.0.0.1:8080",
    "127.0.0.1:8086",
  ]);
  expect(
    before.filter((socket) => !after.includes(socket)).map((socket) => socket.replace(/.*:/, "")),
  ).toEqual(expect.arrayContaining(["443", "80"]));
  for (const port of Object.values(ports)) {
    const asked = await $({
      nothrow: true,
    })`docker exec ${containerOf("kube-0")} curl -sS http://vps.local:${port}`;
    // Nothing listens there.
    expect(asked.exitCode).toBe(7);
  }
});

test("doctor names the services that no web server forwards", async () => {
  const { findings } = await examine(stack);
  const remedies = findings.filter(({ subject }) => names.includes(subject)).map(({ remedy }) => remedy);
  expect(remedies.sort()).toEqual(
    Object.entries(ports)
      .map(
        ([service, port]) =>
          `let the web server on the server forward ${service}.pi.test to 127.0.0.1:${port}: docs/fronts.md`,
      )
      .sort(),
  );
});

describe.each(["nginx", "caddy", "traefik"] as const)("behind %s", (front) => {
  beforeAll(async () => {
    await fronts[front]();
    await eventually("an answer of all names", 30, async () => {
      expect(await statusOf("https://grafana.pi.test/api/health", "-k")).toBe(200);
    });
  });

  afterAll(async () => {
    await onVps(`systemctl stop ${front}`);
  });

  test("the system is healthy", async () => {
    await expectHealthy(stack);
  });

  test("ingest takes nothing without the credential, and a large request with it", async () => {
    const { ingestCredentials = {} } = outputs;
    const url = "https://telegraf.pi.test/telegraf";
    expect(await statusOf(url, "-k", "--data", "x")).toBe(401);
    const configuration = `header = "Authorization: Bearer ${ingestCredentials["kube-0"] ?? ""}"\n`;
    const curl = ["curl", "-sSk", "--max-time", "20", "-o", "/dev/null", "-w", "%{http_code}", "-K", "-"];
    await shell("kube-0", "head -c 16000000 /dev/zero >/tmp/large");
    // This answer is Telegraf's, which cannot read zeros.
    expect(await exec("kube-0", [...curl, "--data-binary", "@/tmp/large", url], configuration)).toBe("400");
  });

  test("the metrics of InfluxDB and Grafana are hidden", async () => {
    expect(await statusOf("https://influxdb.pi.test/metrics", "-k")).toBe(404);
    expect(await statusOf("https://influxdb.pi.test/health", "-k")).toBe(200);
    expect(await statusOf("https://grafana.pi.test/metrics", "-k")).toBe(404);
  });

  test("Grafana has its WebSocket", async () => {
    const answer = await askForWebSocket("https://grafana.pi.test");
    expect(answer).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
    // By RFC 6455, for this key.
    expect(answer.toLowerCase()).toContain("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=");
    // A frame from Grafana.
    expect(answer).toMatch(/\{\}$/);
    expect(await askForWebSocket("https://elsewhere.example.com")).toMatch(/^HTTP\/1\.1 403 /);
  });

  // Once is enough: the web server does not take part in it.
  if (front === "caddy") {
    test("a rotation of the ingest credential loses nothing", async () => {
      await runOrFail("rotate", ["ingest"]);
      const before = outputs.ingestCredentials;
      outputs = await stack.outputs();
      expect(outputs.ingestCredentials).not.toEqual(before);
    });
  }

  test("every sample arrives, also those from before the web server was started", async () => {
    const until = new Date();
    const samples = await expectNothingLost(outputs.grafanaToken, since, until, scrapeSeconds);
    since = until;
    console.log(`${samples} samples of one series of each node, none lost behind ${front}`);
  });
});

test("there is nothing to change the second time", async () => {
  await pulumiOrFail(stack, "up", "--expect-no-changes");
});
