import { parse } from "yaml";
import { renderPrometheusConfig } from "../../../../components/node/prometheusMaster";
import { appendJobs, targetOnNode } from "../../../../components/node/scrapeJobs";
import type { NodeSettings } from "../../../../components/settings/settings";
import { exampleNode, exampleSettings } from "../../../support/exampleSettings";
import { renderedFiles } from "../../../support/renderedFiles";

const ours = renderedFiles["prometheus.yml"];

test("without further jobs, prometheus.yml stays as it is", () => {
  expect(appendJobs(ours, [])).toBe(ours);
});

test("further jobs are appended, and nothing else changes", () => {
  const labels = { on: "yes", long: "word ".repeat(100), null: "~", number: "0x10" };
  const jobs = ["router", "nas"].map((job_name) => ({
    job_name,
    static_configs: [{ targets: ["a:1"], labels }],
  }));
  const { scrape_configs, ...rest } = parse(ours) as { scrape_configs: object[] };
  const appended = appendJobs(ours, jobs);
  expect(parse(appended)).toEqual({ ...rest, scrape_configs: [...scrape_configs, ...jobs] });
  expect(appended).not.toMatch(/&a\d|\*a\d/);
});

test.each([
  ["kube-0.local", undefined, "kube-0.local:9115", "kube-0.local:9115"],
  ["2001:db8::7", "192.168.1.10", "[2001:db8::7]:9115", "[2001:db8::7]:9115"],
  ["kube-0.local", "127.0.0.1", "127.0.0.1:9115", "kube-0.local:9115"],
])(
  "a daemon on the node %s that listens at %s is scraped at %s, as %s",
  (host, listenAddress, target, instance) => {
    expect(targetOnNode({ host }, { port: 9115, listenAddress })).toEqual({
      targets: [target],
      labels: { node_name: host, instance },
    });
  },
);

test("nodes with the same labels of their own are one group of targets, beside those without", () => {
  const { nodes } = exampleSettings({
    nodes: [
      exampleNode("kube-0", { master: true, labels: { rack: "a", floor: 1 } }),
      exampleNode("kube-1"),
      exampleNode("kube-2", { labels: { floor: "1", rack: "a" } }),
      exampleNode("kube-3", { labels: {} }),
      exampleNode("kube-4", { labels: { rack: "it's #1: é" } }),
    ],
  });
  const view = { node: nodes[0] as NodeSettings, nodes, settings: exampleSettings().prometheus };
  const { scrape_configs } = parse(
    renderPrometheusConfig({ ...view, remoteWriteUrl: "https://telegraf.example.com/telegraf" }),
  ) as { scrape_configs: { static_configs: object[] }[] };
  expect(scrape_configs[1]?.static_configs).toEqual([
    { targets: ["kube-0.local:9100", "kube-2.local:9100"], labels: { rack: "a", floor: "1" } },
    { targets: ["kube-1.local:9100", "kube-3.local:9100"] },
    { targets: ["kube-4.local:9100"], labels: { rack: "it's #1: é" } },
  ]);
});
