import { execFile, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { hostAndPort } from "../../components/settings/address";
import { renderPrometheusConfig } from "../../components/node/prometheusMaster";
import type { NodeSettings } from "../../components/settings/settings";
import { domain, host, monitor } from "../support/arbitraries";
import { exampleSettings } from "../support/exampleSettings";
import { renderedFiles } from "../support/renderedFiles";
import { temporaryFolder } from "../support/temporaryFolder";

const folder = temporaryFolder();

// promtool looks for the files that a configuration names. They are there before the concurrent tests start.
for (const file of ["ingest-credential", "server-certificate.pem"]) {
  writeFileSync(join(folder, file), "");
}

function check(configurations: readonly string[]): object {
  const files = configurations.map((configuration, index) => {
    const file = join(folder, `${index}.yml`);
    writeFileSync(file, configuration.replaceAll("/etc/pi-monitoring", folder));
    return file;
  });
  const { status, stderr } = spawnSync("promtool", ["check", "config", ...files], { encoding: "utf8" });
  return { status, stderr };
}

test("promtool accepts prometheus.yml", () => {
  expect(check([renderedFiles["prometheus.yml"]])).toEqual({ status: 0, stderr: "" });
});

interface DiscoveredTarget {
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Lets promtool relabel the targets of a job as Prometheus does. It waits a second for more targets.
 * Source: https://prometheus.io/docs/prometheus/latest/command-line/promtool/
 */
async function discover(file: string, job: string): Promise<DiscoveredTarget[]> {
  const words = ["check", "service-discovery", "--timeout=1s", file, job];
  const { stdout } = await promisify(execFile)("promtool", words);
  return JSON.parse(stdout) as DiscoveredTarget[];
}

test.concurrent.each(["kube-0.local", "192.168.1.10", "2001:db8::7", "fd00::1"])(
  "promtool finds the node_name %s for its targets, also where they listen on a loopback address",
  async (host) => {
    const node = { ...(exampleSettings().nodes[0] as NodeSettings), host };
    const listener = { port: 9091, listenAddress: "127.0.0.1" };
    const master = {
      ...node,
      prometheus: listener,
      nodeExporter: { ...node.nodeExporter, ...listener, port: 9101 },
    };
    const configuration = renderPrometheusConfig({
      node: master,
      nodes: [master],
      settings: { scrapeInterval: "15s", monitor: "test", forgetBacklog: false },
      remoteWriteUrl: "https://telegraf.example.com/telegraf",
    });
    const file = join(folder, `${host}.yml`);
    writeFileSync(file, configuration.replaceAll("/etc/pi-monitoring", folder));
    const [prometheus, nodeExporter] = await Promise.all(
      ["prometheus", "node"].map((job) => discover(file, job)),
    );
    const expected = (port: number): object[] => [
      { labels: { __address__: `127.0.0.1:${port}`, instance: hostAndPort(host, port), node_name: host } },
    ];
    expect(prometheus).toMatchObject(expected(9091));
    expect(nodeExporter).toMatchObject(expected(9101));
  },
);

test("promtool accepts any values that the settings accept", () => {
  const { nodes } = exampleSettings();
  const node = nodes[0] as NodeSettings;
  const configuration = fc.tuple(host, host, monitor, domain).map(([first, second, label, name]) =>
    renderPrometheusConfig({
      node: { ...node, host: first },
      nodes: [first, second].map((each) => ({ ...node, host: each })),
      settings: { scrapeInterval: "15s", monitor: label, forgetBacklog: false },
      remoteWriteUrl: `https://telegraf.${name}/telegraf`,
    }),
  );
  expect(check(fc.sample(configuration, 100))).toEqual({ status: 0, stderr: "" });
});
