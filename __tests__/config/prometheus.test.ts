import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { renderPrometheusConfig } from "../../components/node/prometheusMaster";
import type { NodeSettings } from "../../components/settings";
import { domain, host, monitor } from "../support/arbitraries";
import { exampleSettings } from "../support/exampleSettings";
import { renderedFiles } from "../support/renderedFiles";
import { temporaryFolder } from "../support/temporaryFolder";

const folder = temporaryFolder();

beforeAll(() => {
  // promtool looks for the files that a configuration names.
  for (const file of ["ingest-credential", "server-certificate.pem"]) {
    writeFileSync(join(folder, file), "");
  }
});

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
