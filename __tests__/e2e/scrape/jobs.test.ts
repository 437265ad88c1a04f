import { exec } from "../../../scripts/rehearsal/machines/machine";
import { examine } from "../../../scripts/doctor/examination";
import type { Stack } from "../../../scripts/stack/stack";
import { run } from "../../support/commands";
import { eventually } from "../../support/eventually";
import { query, rowsOf } from "../support/influx";
import { shell } from "../support/machines";
import { provisionedDashboards, runFlux } from "../support/provisioned";
import { deploy, expectHealthy, startRehearsal } from "../support/rehearsal";
import { changeSetting } from "../support/settingsFile";

const password = "the-password-of-the-nas-4711";
/** A web server on the VPS plays a NAS with an exporter; only who knows the password gets its metrics. */
const port = 9180;
const metrics = [
  "heating_flow_temperature 42",
  "node_load1 99",
  'up_link{node_name="kube-0.local"} 1',
  // InfluxDB refuses the whole request for such a label.
  'clock{time="now"} 1',
];

const nas = {
  job_name: "nas",
  static_configs: [{ targets: [`vps.local:${port}`], labels: { site: "cellar" } }],
  basic_auth: { username: "scraper", password },
};
const rack = {
  job_name: "rack",
  file_sd_configs: [{ files: ["/etc/rack/*.yaml"] }],
  relabel_configs: [{ source_labels: ["__address__"], regex: "([^.]+)[.].*", target_label: "device" }],
  metric_relabel_configs: [{ source_labels: ["__name__"], regex: "node_load1", action: "keep" }],
};
const broken = {
  job_name: "broken",
  static_configs: [{ targets: ["vps.local:1"] }],
  relabel_configs: [{ source_labels: ["__address__"], regex: "(", target_label: "device" }],
};

let stack: Stack;
let token: string;
let configuration: string;

/** What InfluxDB has of a metric of a job from the last minutes, by the labels that are asked for. */
async function newest(job: string, metric: string): Promise<readonly Record<string, string>[]> {
  const { status, body } = await query(
    token,
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
  const rows = await runFlux(token, templating?.list[0]?.query ?? "", { seconds: 3600 });
  return rows.map(({ _value: value = "" }) => value).sort();
}

beforeAll(async () => {
  stack = await startRehearsal();
  ({ grafanaToken: token } = await stack.outputs());
  configuration = await prometheusFile();
  const content = `${metrics.join("\\n")}\\n`;
  await shell(
    "vps",
    `mkdir -p /srv/nas && printf '${content}' >/srv/nas/metrics && echo '/:scraper:${password}' >/srv/httpd.conf`,
  );
  const server = `busybox httpd -f -p ${port} -h /srv/nas -c /srv/httpd.conf`;
  await shell("vps", `systemd-run --quiet --unit nas ${server}`);
  await shell(
    "kube-0",
    `mkdir -p /etc/rack && echo '[{ "targets": ["kube-2.local:9100"], "labels": { "node_name": "kube-0.local" } }]' >/etc/rack/pis.yaml`,
  );
});

afterAll(async () => {
  await shell("vps", "systemctl stop nas; rm -rf /srv/nas /srv/httpd.conf");
  await shell("kube-0", "rm -rf /etc/rack");
});

test("jobs with a password, with targets in a file and with relabelling arrive in InfluxDB", async () => {
  await changeSetting("scrape", () => [nas, rack]);
  await deploy();
  await eventually("the samples of both jobs", 60, async () => {
    expect(await newest("nas", "heating_flow_temperature")).toMatchObject([{ _value: "42", site: "cellar" }]);
    expect(await newest("rack", "node_load1")).toMatchObject([{ device: "kube-2" }]);
  });
  // It keeps one metric, besides those of the scrape itself.
  expect(await newest("rack", "node_load5")).toEqual([]);
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

test("a second deploy changes nothing, and the password is in a file for Prometheus only", async () => {
  expect((await deploy()).output).toMatch(/^ +\d+ unchanged$/m);
  expect(await prometheusFile()).not.toContain(password);
  const found = await shell(
    "kube-0",
    `grep -rlF ${password} /etc /usr/local /var/lib/pi-monitoring /run 2>/dev/null || true`,
  );
  const file = "/etc/pi-monitoring/scrape/nas.basic_auth-password";
  expect(found).toBe(`${file}\n`);
  expect(await exec("kube-0", ["stat", "-c", "%a %U:%G", file])).toBe("640 root:prometheus\n");
  expect(await stack.exportState()).not.toContain(password);
  const { output } = await run("preview", ["dev"]);
  expect(output).not.toContain(password);
});

test("a job that promtool refuses is named, and the configuration stays in force", async () => {
  const before = await prometheusFile();
  await changeSetting("scrape", () => [nas, broken, rack]);
  const { exitCode, output } = await run("deploy", ["dev", "--yes"]);
  expect(exitCode).not.toBe(0);
  expect(output).toContain("the job broken is refused by promtool: ");
  expect(output).not.toContain(password);
  expect(await prometheusFile()).toBe(before);
  const loaded = "http://localhost:9090/api/v1/query?query=prometheus_config_last_reload_successful";
  expect(await exec("kube-0", ["curl", "-sS", loaded])).toMatch(/"value":\[[^\]]*"1"\]/);
  expect((await newest("rack", "node_load1")).length).toBe(1);
});

test("a target that is down is information about the job, and no finding", async () => {
  await changeSetting("scrape", () => [nas, rack]);
  await deploy();
  await shell("vps", "systemctl stop nas");
  try {
    await eventually("the information", 60, async () => {
      const { findings, information } = await examine(stack);
      expect(findings).toEqual([]);
      expect(information).toContainEqual(expect.stringMatching(/^job nas: .*vps\.local:9180/));
    });
  } finally {
    await shell(
      "vps",
      `systemd-run --quiet --unit nas busybox httpd -f -p ${port} -h /srv/nas -c /srv/httpd.conf`,
    );
  }
});

test("without the jobs everything on the master is as before", async () => {
  await changeSetting("scrape", () => undefined);
  await deploy();
  expect(await prometheusFile()).toBe(configuration);
  expect(await shell("kube-0", "ls /etc/pi-monitoring/scrape 2>/dev/null || true")).toBe("");
  await expectHealthy(stack);
});
