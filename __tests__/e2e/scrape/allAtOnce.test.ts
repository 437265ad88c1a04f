import type { Stack } from "../../../scripts/stack/stack";
import { eventually } from "../../support/eventually";
import { askGrafana } from "../support/grafana";
import { query, rowsOf } from "../support/influx";
import { shell } from "../support/machines";
import { deploy, expectHealthy, startRehearsal } from "../support/rehearsal";
import { changeSetting, readSetting } from "../support/settingsFile";

type Node = Readonly<Record<string, unknown>>;

const targets = ["http://vps.local:9180/", "kube-1.local", "kube-1.local:9100"];
const settings = {
  exporters: { process: { arguments: ["--procnames=systemd,sshd"] } },
  nodeExporter: { arguments: ["--no-collector.wifi"] },
  presets: { disks: true, pi5: true, internet: { targets } },
  grafana: { dashboards: "docs/grafana/dashboards", rules: "docs/grafana/rules" },
};

let stack: Stack;
let token: string;
let nodes: readonly Node[];
/** The units and packages of a node before. */
let before: string;

const inventory = `ls /etc/systemd/system | grep pi-monitoring; ls /etc/pi-monitoring 2>/dev/null;
  dpkg-query -W -f '\${Package} \${db:Status-Status}\\n' 'prometheus*' smartmontools 2>/dev/null | sort`;

/** The last values of a metric, by the labels that are asked for. */
async function newest(metric: string, job: string): Promise<readonly Record<string, string>[]> {
  const { status, body } = await query(
    token,
    `from(bucket: "prometheus") |> range(start: -3m) |> filter(fn: (r) => r._field == "${metric}" and r.job == "${job}") |> last()`,
  );
  expect({ status, body }).toMatchObject({ status: 200 });
  return rowsOf(body);
}

beforeAll(async () => {
  stack = await startRehearsal();
  ({ grafanaToken: token } = await stack.outputs());
  nodes = await readSetting<readonly Node[]>("nodes");
  before = await shell("kube-0", inventory);
  const server = "busybox httpd -f -p 9180 -h /srv/page";
  await shell("vps", "mkdir -p /srv/page && echo page >/srv/page/index.html");
  await shell("vps", `systemd-run --quiet --unit page ${server}`);
});

afterAll(async () => {
  await shell("vps", "systemctl stop page; rm -r /srv/page");
});

test("exporters, presets, labels and own dashboards are set up together, and the doctor finds nothing", async () => {
  const [master, second, ...others] = nodes;
  await changeSetting("nodes", () => [
    { ...master, exporters: { blackbox: {} } },
    { ...second, labels: { rack: "a" } },
    ...others,
  ]);
  for (const [name, value] of Object.entries(settings)) {
    await changeSetting(name, () => value);
  }
  await deploy();
  await expectHealthy(stack);
});

test("what they measure is in InfluxDB, of the node that measures it", async () => {
  await eventually("the samples", 120, async () => {
    const up = [...(await newest("up", "process")), ...(await newest("up", "blackbox"))];
    expect(up.map(({ node_name: node, _value: value }) => `${node} ${value}`).sort()).toEqual([
      "kube-0.local 1",
      "kube-0.local 1",
      "kube-1.local 1",
      "kube-2.local 1",
    ]);
    const probes = await newest("probe_success", "internet");
    expect(probes.map(({ instance, _value: value }) => `${instance} ${value}`).sort()).toEqual(
      targets.map((target) => `${target} 1`).sort(),
    );
    const loads = await newest("node_load1", "node");
    expect(loads.map(({ node_name: node, rack = "" }) => `${node} ${rack}`)).toContain("kube-1.local a");
  });
});

test("Grafana has the dashboards of the presets and of the user", async () => {
  const { grafanaAdminPassword } = await stack.outputs();
  const found = await askGrafana<{ uid: string }[]>(grafanaAdminPassword, "search");
  expect(found.map(({ uid }) => uid)).toEqual(
    expect.arrayContaining([
      "pi-monitoring-internet",
      "pi-monitoring-disks",
      "pi-monitoring-pi5",
      "pi-monitoring-cluster",
      "uptime",
    ]),
  );
});

test("a second deploy changes nothing", async () => {
  expect((await deploy()).output).toMatch(/^ +\d+ unchanged$/m);
});

test("without the settings everything is as before", async () => {
  await changeSetting("nodes", () => nodes);
  for (const name of Object.keys(settings)) {
    await changeSetting(name, () => undefined);
  }
  await deploy();
  await expectHealthy(stack);
  expect(await shell("kube-0", inventory)).toBe(before);
});
