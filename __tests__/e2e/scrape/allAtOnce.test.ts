// Runs only when it is named, see scripts/tools/suites.ts.
import type { Stack } from "../../../scripts/stack/stack";
import { eventually } from "../../support/eventually";
import { askGrafana } from "../support/grafana";
import { query, rowsOf } from "../support/influx";
import { expectUnchangedUp } from "../support/duration";
import { pis, shell, startUnit } from "../support/machines";
import { deploy, expectHealthy, startRehearsal } from "../support/rehearsal";
import { changeSetting, readSetting } from "../support/settingsFile";

type Node = Readonly<Record<string, unknown>>;

const targets = ["http://vps.local:9180/", "kube-1.local", "kube-1.local:9100"];
const settings = {
  exporters: { process: { arguments: ["--procnames=systemd"] } },
  nodeExporter: { arguments: ["--no-collector.wifi"] },
  presets: { disks: true, pi5: true, internet: { targets } },
  grafana: { dashboards: "docs/grafana/dashboards", rules: "docs/grafana/rules" },
};

/** The unit of the exporter that kube-1 has already, with arguments of its owner's, on its usual port. */
const existingUnit = "prometheus-process-exporter.service";
const installExisting = `apt-get -qq install --yes --no-install-recommends prometheus-process-exporter >/dev/null 2>&1
  echo 'ARGS="-procnames=sshd"' >/etc/default/prometheus-process-exporter
  systemctl restart ${existingUnit}`;

let stack: Stack;
let token: string;
let nodes: readonly Node[];
/** What each Pi had before. */
let before: readonly string[];
/** The process of that exporter. */
let existingProcess: string;

/** What a Pi has: units with their links, files, records and packages. */
const inventory = `find /etc/systemd/system /etc/pi-monitoring /etc/default /etc/prometheus /usr/local/lib/pi-monitoring \\
    /var/lib/pi-monitoring /run/pi-monitoring/textfiles -path /var/lib/pi-monitoring/prometheus -prune -o -printf '%p %l\\n' \\
    2>/dev/null | sort
  dpkg-query -W -f '\${Package} \${db:Status-Status}\\n' 'prometheus*' smartmontools 2>/dev/null | sort`;

/** The newest value of each series that a metric has in a job. */
async function newest(metric: string, job: string): Promise<readonly Record<string, string>[]> {
  const { status, body } = await query(
    token,
    `from(bucket: "prometheus") |> range(start: -3m) |> filter(fn: (r) => r._field == "${metric}" and r.job == "${job}") |> last()`,
  );
  expect({ status, body }).toMatchObject({ status: 200 });
  return rowsOf(body);
}

async function processOf(unit: string): Promise<string> {
  return shell("kube-1", `systemctl show --property=MainPID --value ${unit}`);
}

beforeAll(async () => {
  stack = await startRehearsal();
  ({ grafanaToken: token } = await stack.outputs());
  nodes = await readSetting<readonly Node[]>("nodes");
  await shell("kube-1", installExisting);
  existingProcess = await processOf(existingUnit);
  before = await Promise.all(pis.map((pi) => shell(pi, inventory)));
  await shell("vps", "mkdir -p /srv/page && echo page >/srv/page/index.html");
  await startUnit("vps", "page", "busybox", "httpd", "-f", "-p", "9180", "-h", "/srv/page");
});

afterAll(async () => {
  await shell("vps", "systemctl stop page; rm -r /srv/page");
  await shell("kube-1", "apt-get -qq purge --yes prometheus-process-exporter >/dev/null 2>&1");
});

test("exporters, presets, labels and own dashboards are set up together, and the doctor finds nothing", async () => {
  const [master, second, ...others] = nodes;
  await changeSetting("nodes", () => [
    { ...master, exporters: { blackbox: {} } },
    // The exporter that the node has already is on the usual port.
    { ...second, labels: { rack: "a" }, exporters: { process: { port: 9257 }, blackbox: {}, apache: {} } },
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
    const up = [];
    for (const job of ["apache", "blackbox", "process"]) {
      up.push(
        ...(await newest("up", job)).map(({ node_name: node, _value: value }) => `${job} ${node} ${value}`),
      );
    }
    expect(up.sort()).toEqual([
      "apache kube-1.local 1",
      "blackbox kube-0.local 1",
      "blackbox kube-1.local 1",
      "process kube-0.local 1",
      "process kube-1.local 1",
      "process kube-2.local 1",
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

test("a node runs three exporters of ours, and its own one beside ours of the same kind goes on as it was", async () => {
  const units = ["apache", "blackbox", "process"].map((name) => `pi-monitoring-${name}-exporter.service`);
  const listed = "systemctl list-units --plain --no-legend --state=active 'pi-monitoring-*-exporter.service'";
  const active = (await shell("kube-1", listed)).split("\n").map((line) => line.split(" ")[0] ?? "");
  expect(active).toEqual(expect.arrayContaining(units));
  const watchedAt = async (port: number): Promise<(string | undefined)[]> => {
    const metrics = await shell("kube-1", `curl -sSf http://localhost:${port}/metrics`);
    return [...metrics.matchAll(/_num_procs\{groupname="([^"]*)"\}/g)].map(([, name]) => name);
  };
  expect(await watchedAt(9257)).toEqual(["systemd"]);
  expect(await watchedAt(9256)).toEqual(["sshd"]);
  expect(await processOf(existingUnit)).toBe(existingProcess);
});

test("a second `up` has nothing to change, within the time that one without all of it may take", async () => {
  await expectUnchangedUp(stack);
});

test("without the settings everything is as before", async () => {
  await changeSetting("nodes", () => nodes);
  for (const name of Object.keys(settings)) {
    await changeSetting(name, () => undefined);
  }
  await deploy();
  await expectHealthy(stack);
  expect(await Promise.all(pis.map((pi) => shell(pi, inventory)))).toEqual(before);
  expect(await processOf(existingUnit)).toBe(existingProcess);
});
