import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { probeJobs, renderProbeModules } from "../../components/node/internetProbes";
import { appendJobs } from "../../components/node/scrapeJobs";
import type { InternetPreset } from "../../components/settings/presets";
import type { NodeSettings } from "../../components/settings/settings";
import { domain, host } from "../support/arbitraries";
import { exampleSettings } from "../support/exampleSettings";
import { checkConfig } from "../support/promtool";
import { temporaryFolder } from "../support/temporaryFolder";

const folder = temporaryFolder();

function rendered(internet: true | { readonly targets: readonly string[] }) {
  const settings = exampleSettings({ presets: { internet } });
  const preset = settings.presets.internet as InternetPreset;
  const jobs = probeJobs(settings.nodes[0] as NodeSettings, settings);
  return {
    "blackbox.yml": renderProbeModules(preset),
    "prometheus.yml": appendJobs("scrape_configs:\n  - job_name: prometheus\n", jobs),
  };
}

/** What each program says about its file: that it accepts it, or its errors. */
function check(files: ReturnType<typeof rendered>): object {
  const [modules, configuration] = Object.entries(files).map(([name, content]) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  }) as [string, string];
  const blackbox = spawnSync("prometheus-blackbox-exporter", ["--config.check", `--config.file=${modules}`], {
    encoding: "utf8",
  });
  const promtool = checkConfig([configuration]);
  return {
    blackbox: blackbox.status === 0 ? "accepts" : blackbox.stderr,
    promtool: promtool.status === 0 ? "accepts" : promtool.stderr,
  };
}

const accepted = { blackbox: "accepts", promtool: "accepts" };

test("the files of the usual targets are those of the snapshot, and their programs accept them", () => {
  const files = rendered(true);
  expect(files).toMatchSnapshot();
  expect(check(files)).toEqual(accepted);
});

const target = fc.oneof(
  domain.map((name) => `https://${name}/?a=$1&b="c":[d]`),
  host.map((each) => `http://${each}:8080`),
  fc.tuple(domain, domain).map(([server, name]) => `dns://${server}/${name}`),
  // Words that YAML 1.1 takes for other than text.
  fc.constantFrom("dns://9.9.9.9/no", "dns://9.9.9.9/on", "dns://9.9.9.9/null", "yes", "off:22"),
  fc.constantFrom(
    "2001:db8::7",
    "[2001:db8::7]:22",
    "http://[2001:db8::7]/",
    "dns://[2001:db8::7]/example.com",
  ),
  domain.map((name) => `${name}:22`),
  host,
);

test("both programs accept any targets that the settings accept", () => {
  const lists = fc.uniqueArray(target, { minLength: 1, maxLength: 50 });
  const areAccepted = fc.property(lists, (targets) => {
    expect(check(rendered({ targets }))).toEqual(accepted);
  });
  // What fails is printed with its seed.
  fc.assert(areAccepted, { numRuns: 20 });
});

test("blackbox_exporter refuses a module with an unknown key", () => {
  const files = rendered(true);
  const wrong = { ...files, "blackbox.yml": files["blackbox.yml"].replace("timeout", "timeuot") };
  expect(check(wrong)).toMatchObject({ blackbox: expect.stringContaining("timeuot") as string });
});
