import { join } from "node:path";
import { exec } from "../../../scripts/rehearsal/machines/machine";
import { examine } from "../../../scripts/doctor/examination";
import type { Stack } from "../../../scripts/stack/stack";
import { makeCertificate } from "../../support/certificate";
import { expectSuccess, runOrFail } from "../../support/commands";
import { eventually } from "../../support/eventually";
import { temporaryFolder } from "../../support/temporaryFolder";
import { query, rowsOf } from "../support/influx";
import { shell, startUnit } from "../support/machines";
import { provisionedDashboards, runFlux } from "../support/provisioned";
import { expectHealthy, pulumi, pulumiOrFail, startRehearsal } from "../support/rehearsal";
import { expectNoSecret, expectNoSecretAround, readSecrets } from "../support/secrets";
import { changeSetting, readSetting } from "../support/settingsFile";

const folder = temporaryFolder();
const authority = makeCertificate(join(folder, "authority"), "authority.test");
const server = makeCertificate(join(folder, "server"), "vps.local", { issuer: authority });
const client = makeCertificate(join(folder, "client"), "kube-0.local", { issuer: authority });

const password = "the-password-of-the-nas-4711-0815";
const token = "the-bearer-token-of-the-camera-4712";
/** A line of the private key that no other key has. */
const [, keyLine = ""] = client.key.split("\n");
/** Web servers on the VPS play devices with an exporter; only who has the credential of each gets its metrics. */
const port = 9180;
const tlsPort = 9181;
const metrics = [
  "heating_flow_temperature 42",
  "node_load1 99",
  'up_link{node_name="kube-0.local"} 1',
  // InfluxDB refuses the whole request for such a label.
  'clock{time="now"} 1',
];

/** Each is set as `pulumi config set --secret --path` does it, by its place in the list of jobs. */
const jobSecrets = {
  "[0].basic_auth.password": password,
  "[2].tls_config.key": client.key,
  "[3].authorization.credentials": token,
};
const nas = {
  job_name: "nas",
  static_configs: [{ targets: [`vps.local:${port}`], labels: { site: "cellar" } }],
  basic_auth: { username: "scraper" },
};
const rack = {
  job_name: "rack",
  file_sd_configs: [{ files: ["/etc/rack/*.yaml"] }],
  relabel_configs: [{ source_labels: ["__address__"], regex: "([^.]+)[.].*", target_label: "device" }],
  metric_relabel_configs: [{ source_labels: ["__name__"], regex: "node_load1", action: "keep" }],
};
const router = {
  job_name: "router",
  scheme: "https",
  static_configs: [{ targets: [`vps.local:${tlsPort}`] }],
  tls_config: { ca: authority.certificate, cert: client.certificate },
};
const camera = {
  job_name: "camera",
  metrics_path: "/cgi-bin/metrics",
  static_configs: [{ targets: [`vps.local:${port}`] }],
  authorization: {},
};
const broken = {
  job_name: "broken",
  static_configs: [{ targets: ["vps.local:1"] }],
  relabel_configs: [{ source_labels: ["__address__"], regex: "(", target_label: "device" }],
};
/** For promtool, a file of authorities needs to be there, and nothing else. */
const notSetUp = {
  job_name: "not-set-up",
  scheme: "https",
  static_configs: [{ targets: ["vps.local:1"] }],
  tls_config: { ca_file: "/etc/hostname" },
};

async function startNas(): Promise<void> {
  const server = ["busybox", "httpd", "-f", "-p", `${port}`, "-h", "/srv/nas", "-c", "/srv/httpd.conf"];
  await startUnit("vps", "nas", ...server);
}

async function startRouter(): Promise<void> {
  const certificate = ["-cert", "server.pem", "-key", "server.key"];
  const verification = ["-CAfile", "authority.pem", "-Verify", "1", "-verify_return_error"];
  const server = ["openssl", "s_server", "-accept", `${tlsPort}`, "-quiet", "-WWW"];
  const folder = "--property=WorkingDirectory=/srv/router";
  await startUnit("vps", "router", folder, ...server, ...certificate, ...verification);
}

/** The metrics of the camera, as a CGI program of the same web server. */
const cameraScript = `#!/bin/sh
if [ "$HTTP_AUTHORIZATION" = "Bearer ${token}" ]; then
  printf 'Content-Type: text/plain\\r\\n\\r\\ncamera_frames 25\\n'
else
  printf 'Status: 401 Unauthorized\\r\\n\\r\\n'
fi
`;

let stack: Stack;
let grafanaToken: string;
let configuration: string;
/** Those of the program and of the jobs, while all jobs are in force. */
let secrets: Readonly<Record<string, string>>;

/** What InfluxDB has of a metric of a job from the last minutes, by the labels that are asked for. */
async function newest(job: string, metric: string): Promise<readonly Record<string, string>[]> {
  const { status, body } = await query(
    grafanaToken,
    `from(bucket: "prometheus") |> range(start: -2m) |> filter(fn: (r) => r.job == "${job}" and r._field == "${metric}") |> last()`,
  );
  expect({ status, body }).toMatchObject({ status: 200 });
  return rowsOf(body);
}

async function prometheusFile(): Promise<string> {
  return exec("kube-0", ["cat", "/etc/pi-monitoring/prometheus.yml"]);
}

/** The nodes that the variable of the dashboard Node offers. */
async function nodeNames(): Promise<string[]> {
  const { templating } =
    (await provisionedDashboards()).find(({ uid }) => uid === "pi-monitoring-node") ?? {};
  const rows = await runFlux(grafanaToken, templating?.list[0]?.query ?? "", { seconds: 3600 });
  return rows.map(({ _value: value = "" }) => value).sort();
}

/** What Prometheus answers about itself. */
async function prometheusApi(path: string): Promise<string> {
  return exec("kube-0", ["curl", "-sSf", `http://localhost:9090/api/v1/${path}`]);
}

async function prometheusProcess(): Promise<string> {
  return shell("kube-0", "systemctl show --property=MainPID --value pi-monitoring-prometheus");
}

/** An `up` that must fail, and leave Prometheus as it is, with all other jobs. */
async function expectRefused(job: typeof broken | typeof notSetUp, reason: string): Promise<void> {
  const [file, process] = [await prometheusFile(), await prometheusProcess()];
  const jobs = await readSetting<readonly object[]>("scrape");
  await changeSetting("scrape", () => [...jobs, job]);
  const { exitCode, output } = await pulumi(stack, "up");
  await changeSetting("scrape", () => jobs);
  expect(exitCode).not.toBe(0);
  expect(output).toContain(reason);
  expectNoSecret(secrets, "the error", output);
  expect(await prometheusFile()).toBe(file);
  expect(await prometheusProcess()).toBe(process);
  expect(await prometheusApi("query?query=prometheus_config_last_reload_successful")).toMatch(
    /"value":\[[^\]]*"1"\]/,
  );
  expect(await prometheusApi("status/config")).not.toContain(job.job_name);
  const begin = new Date();
  await eventually("newer samples of all jobs", 60, async () => {
    expect(await samplesSince(begin)).toEqual(["camera", "nas", "rack", "router"]);
  });
}

/** The jobs of the user's with a target that has answered since then. */
async function samplesSince(begin: Date): Promise<string[]> {
  const { body } = await query(
    grafanaToken,
    `from(bucket: "prometheus") |> range(start: ${begin.toISOString()}) |> filter(fn: (r) => r._field == "up" and r._value == 1.0) |> group(columns: ["job"]) |> last()`,
  );
  const own = ["camera", "nas", "rack", "router"];
  return rowsOf(body)
    .flatMap(({ job = "" }) => (own.includes(job) ? [job] : []))
    .sort();
}

beforeAll(async () => {
  stack = await startRehearsal();
  ({ grafanaToken } = await stack.outputs());
  configuration = await prometheusFile();
  const content = `${metrics.join("\n")}\n`;
  await shell("vps", "mkdir -p /srv/nas/cgi-bin /srv/router");
  for (const [path, text] of Object.entries({
    "nas/metrics": content,
    "nas/cgi-bin/metrics": cameraScript,
    "httpd.conf": `/metrics:scraper:${password}\n`,
    "router/metrics": "router_clients 7\n",
    "router/authority.pem": authority.certificate,
    "router/server.pem": server.certificate,
    "router/server.key": server.key,
  })) {
    await exec("vps", ["tee", `/srv/${path}`], text);
  }
  await exec("vps", ["chmod", "+x", "/srv/nas/cgi-bin/metrics"]);
  await startNas();
  await startRouter();
  await shell(
    "kube-0",
    `mkdir -p /etc/rack && echo '[{ "targets": ["kube-2.local:9100"], "labels": { "node_name": "kube-0.local" } }]' >/etc/rack/pis.yaml`,
  );
});

afterAll(async () => {
  await shell("vps", "systemctl stop nas router; rm -rf /srv/nas /srv/router /srv/httpd.conf");
  await shell("kube-0", "rm -rf /etc/rack");
});

test("jobs with a password, with targets in a file, with certificates and with a token are deployed, and no secret shows", async () => {
  await changeSetting("scrape", () => [nas, rack, router, camera]);
  for (const [path, value] of Object.entries(jobSecrets)) {
    await stack.setSecret(`pi-monitoring:scrape${path}`, value);
  }
  secrets = { ...(await readSecrets(stack)), password, token, keyLine };
  expectNoSecret(secrets, "a preview", (await runOrFail("preview", ["dev"])).output);
  await expectNoSecretAround(secrets, stack, async () => {
    const up = await pulumi(stack, "up", "--diff");
    expectSuccess(up);
    return up.output;
  });
});

test("the samples of all jobs arrive in InfluxDB, with relabelling", async () => {
  await eventually("the samples of all jobs", 60, async () => {
    expect(await newest("nas", "heating_flow_temperature")).toMatchObject([{ _value: "42", site: "cellar" }]);
    expect(await newest("rack", "node_load1")).toMatchObject([{ device: "kube-2" }]);
    expect(await newest("router", "router_clients")).toMatchObject([{ _value: "7" }]);
    expect(await newest("camera", "camera_frames")).toMatchObject([{ _value: "25" }]);
  });
  // It keeps one metric, besides those of the scrape itself.
  expect(await newest("rack", "node_load5")).toEqual([]);
});

test("a device answers no one without its credential", async () => {
  const ask = (...words: string[]): Promise<string> => exec("kube-0", ["curl", "-sSf", ...words]);
  await expect(ask(`http://vps.local:${port}/metrics`)).rejects.toThrow("401");
  await expect(ask(`http://vps.local:${port}/cgi-bin/metrics`)).rejects.toThrow("401");
  await expect(ask("--insecure", `https://vps.local:${tlsPort}/metrics`)).rejects.toThrow(
    /alert|certificate/,
  );
});

test("the labels by which this program tells nodes apart are dropped from them", async () => {
  for (const [job, metric] of [
    ["nas", "up_link"],
    ["nas", "up"],
    ["rack", "node_load1"],
    ["rack", "up"],
  ] as const) {
    const [row, ...others] = await newest(job, metric);
    expect(others).toEqual([]);
    expect(row).toMatchObject({ _field: metric, monitor: expect.stringMatching(/./) as string });
    expect(row?.["node_name"] ?? "").toBe("");
  }
});

test("no node, panel and finding of the program's own changes by them", async () => {
  expect(await nodeNames()).toEqual(["kube-0.local", "kube-1.local", "kube-2.local"]);
  await expectHealthy(stack);
});

test("a target that is down is information about the job, and no finding", async () => {
  await shell("vps", "systemctl stop nas");
  try {
    await eventually("the information", 60, async () => {
      const { findings, information } = await examine(stack);
      expect(findings).toEqual([]);
      expect(information).toContainEqual(expect.stringMatching(/^job nas: .*vps\.local:9180/));
    });
  } finally {
    await startNas();
  }
});

test("a second deploy changes nothing, and each secret is in a file for Prometheus only", async () => {
  await pulumiOrFail(stack, "up", "--expect-no-changes");
  for (const [name, secret] of [
    ["nas.basic_auth-password", password],
    ["router.tls_config-key", keyLine],
    ["camera.authorization-credentials", token],
  ] as const) {
    const file = `/etc/pi-monitoring/scrape/${name}`;
    const found = await shell(
      "kube-0",
      `grep -rlF -e '${secret}' /etc /usr/local /var/lib/pi-monitoring /run /tmp 2>/dev/null || true`,
    );
    expect(found).toBe(`${file}\n`);
    expect(await exec("kube-0", ["stat", "-c", "%a %U:%G", file])).toBe("640 root:prometheus\n");
  }
  expectNoSecret(secrets, "what Prometheus shows of its configuration", await prometheusApi("status/config"));
});

test("a job that promtool refuses is named, and the configuration stays in force", async () => {
  await expectRefused(broken, "the job broken is refused by promtool: ");
});

test("a job that Prometheus cannot set up is named, and the old configuration is back in force", async () => {
  await expectRefused(
    notSetUp,
    "cannot set up the job not-set-up; its old configuration is back and in force",
  );
});

test("without the jobs everything on the master is as before", async () => {
  await changeSetting("scrape", () => undefined);
  await pulumiOrFail(stack, "up");
  expect(await prometheusFile()).toBe(configuration);
  expect(await shell("kube-0", "ls /etc/pi-monitoring/scrape 2>/dev/null || true")).toBe("");
  await expectHealthy(stack);
});
