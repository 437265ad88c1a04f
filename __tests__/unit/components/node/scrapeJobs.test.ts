import { parse } from "yaml";
import { appendJobs, targetOnNode } from "../../../../components/node/scrapeJobs";
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
