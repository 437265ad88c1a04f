import { parse } from "yaml";
import { probeJobs, renderProbeModules } from "../../../../components/node/internetProbes";
import { presetRules } from "../../../../components/alerts/presetRules";
import { dashboardNames, renderDashboard } from "../../../../components/dashboards/dashboards";
import type { InternetPreset } from "../../../../components/settings/presets";
import type { NodeSettings } from "../../../../components/settings/settings";
import { exampleSettings } from "../../../support/exampleSettings";

const targets = [
  "https://example.com",
  "http://example.com",
  "dns://9.9.9.9/a.b",
  "dns://1.1.1.1/a.b",
  "a:1",
  "c",
];

interface Job {
  readonly scrape_interval: string;
  readonly static_configs: readonly {
    readonly targets: readonly string[];
    readonly labels: Readonly<Record<string, string>>;
  }[];
  readonly metric_relabel_configs: readonly [{ readonly regex: string }];
}

function jobOf(changes: object = {}): Job {
  const settings = exampleSettings({ presets: { internet: { targets } }, ...changes });
  const [job] = probeJobs(settings.nodes[0] as NodeSettings, settings);
  return job as unknown as Job;
}

test("each target is asked for by the module of its kind, and known by its name in the settings", () => {
  const { static_configs: configs } = jobOf();
  expect(
    configs.map(({ labels }) => [labels["instance"], labels["__param_module"], labels["__param_target"]]),
  ).toEqual([
    ["https://example.com", "http", "https://example.com"],
    ["http://example.com", "http", "http://example.com"],
    ["dns://9.9.9.9/a.b", "dns_a.b", "9.9.9.9:53"],
    ["dns://1.1.1.1/a.b", "dns_a.b", "1.1.1.1:53"],
    ["a:1", "tcp", "a:1"],
    ["c", "icmp", "c"],
  ]);
  for (const { targets: addresses, labels } of configs) {
    expect(addresses).toEqual(["127.0.0.1:19115"]);
    expect(labels["node_name"]).toBe("kube-0.local");
  }
});

test("every module that a target asks for is configured, and no other", () => {
  const { presets } = exampleSettings({ presets: { internet: { targets } } });
  const { modules } = parse(renderProbeModules(presets.internet as InternetPreset)) as { modules: object };
  const asked = jobOf().static_configs.map(({ labels }) => labels["__param_module"]);
  expect(Object.keys(modules).sort()).toEqual([...new Set(asked)].sort());
});

test.each([
  ["15s", "60s"],
  ["1m", "60s"],
  ["5m", "300s"],
])(
  "with a scrape every %s, each target is probed every %s: never more than once a minute",
  (scrapeInterval, expected) => {
    expect(jobOf({ prometheus: { scrapeInterval } }).scrape_interval).toBe(expected);
  },
);

test("the job keeps the metrics that panels and rules ask for, and no others", () => {
  const settings = exampleSettings({ presets: { internet: { targets } } });
  const shown = JSON.stringify([
    dashboardNames(settings).map((name) => renderDashboard(name, settings, {})),
    presetRules(settings).map(({ query }) => query),
  ]);
  const asked = [...shown.matchAll(/probe_\w+/g)].map(([name]) => name).filter((name) => !name.endsWith("_"));
  expect(jobOf().metric_relabel_configs[0].regex.split("|").sort()).toEqual([...new Set(asked)].sort());
});
