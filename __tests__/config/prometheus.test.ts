import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parse } from "yaml";
import { appendJobs } from "../../components/node/scrapeJobs";
import { jobFiles, scrapeJobOf } from "../../components/node/userJobs";
import { hostAndPort } from "../../components/settings/address";
import { renderMasterSetup, renderPrometheusConfig } from "../../components/node/prometheusMaster";
import type { NodeSettings } from "../../components/settings/settings";
import { anyText, domain, host, monitor, nodeLabel } from "../support/arbitraries";
import { exampleJobs, jobSecrets, userJobs } from "../support/exampleJobs";
import { exampleSettings } from "../support/exampleSettings";
import { projectRoot } from "../support/projectRoot";
import { checkConfig, faultless, relabelledTargets } from "../support/promtool";
import { renderedFiles } from "../support/renderedFiles";
import { runNodeFunction } from "../support/runNodeFunction";
import type { ScriptResult } from "../support/runScript";
import { temporaryFolder } from "../support/temporaryFolder";

const folder = temporaryFolder();

// promtool looks for the files that a configuration names. They are there before the concurrent tests start.
for (const file of ["ingest-credential", "server-certificate.pem"]) {
  writeFileSync(join(folder, file), "");
}

mkdirSync(join(folder, "scrape"));
for (const { path, content } of jobFiles(userJobs())) {
  writeFileSync(path.replace("/etc/pi-monitoring", folder), content);
}

/** Settings of Prometheus that these tests do not change. */
const settings = { scrapeInterval: "15s", monitor: "test", forgetBacklog: false };

/** Writes a configuration that names files of this test's folder. */
function write(name: string, configuration: string): string {
  const file = join(folder, name);
  writeFileSync(file, configuration.replaceAll("/etc/pi-monitoring", folder));
  return file;
}

function check(configurations: readonly string[]): ReturnType<typeof checkConfig> {
  return checkConfig(configurations.map((configuration, index) => write(`${index}.yml`, configuration)));
}

test("promtool accepts prometheus.yml", () => {
  expect(check([renderedFiles["prometheus.yml"]])).toEqual(faultless);
});

test.concurrent.each(["kube-0.local", "192.168.1.10", "2001:db8::7", "fd00::1"])(
  "promtool finds the node_name %s for its targets, also where they listen on a loopback address",
  async (address) => {
    const node = { ...(exampleSettings().nodes[0] as NodeSettings), host: address };
    const listener = { port: 9091, listenAddress: "127.0.0.1" };
    const master = {
      ...node,
      prometheus: listener,
      nodeExporter: { ...node.nodeExporter, ...listener, port: 9101 },
    };
    const configuration = renderPrometheusConfig({
      node: master,
      nodes: [master],
      settings,
      remoteWriteUrl: "https://telegraf.example.com/telegraf",
    });
    const file = write(`${address}.yml`, configuration);
    const [prometheus, nodeExporter] = await Promise.all(
      ["prometheus", "node"].map((job) => relabelledTargets(file, job)),
    );
    const expected = (port: number): object[] => [
      {
        labels: {
          __address__: `127.0.0.1:${port}`,
          instance: hostAndPort(address, port),
          node_name: address,
        },
      },
    ];
    expect(prometheus).toMatchObject(expected(9091));
    expect(nodeExporter).toMatchObject(expected(9101));
  },
);

test("promtool finds the targets of exporters under the names of their nodes", async () => {
  const { nodes } = exampleSettings({ exporters: { "tplink-plug": {} } });
  const listener = { port: 9100, listenAddress: "127.0.0.1" };
  const [first, ...others] = nodes;
  const master = { ...(first as NodeSettings), nodeExporter: { ...listener, arguments: [] } };
  const configuration = renderPrometheusConfig({
    node: master,
    nodes: [master, ...others],
    settings,
    remoteWriteUrl: "https://telegraf.example.com/telegraf",
  });
  const file = write("exporters.yml", configuration);
  const found = await relabelledTargets(file, "tplink-plug");
  // promtool lists them in any order.
  const labels = found
    .map((each) => each.labels)
    .sort((a, b) => String(a["instance"]).localeCompare(String(b["instance"])));
  expect(labels).toMatchObject(
    nodes.map(({ host }, index) => ({
      __address__: index === 0 ? "127.0.0.1:9233" : `${host}:9233`,
      instance: `${host}:9233`,
      job: "tplink-plug",
      node_name: host,
    })),
  );
});

test("promtool accepts any values that the settings accept", () => {
  const { nodes } = exampleSettings();
  const node = nodes[0] as NodeSettings;
  const configuration = fc
    .tuple(host, host, monitor, domain, nodeLabel)
    .map(([first, second, label, name, room]) =>
      renderPrometheusConfig({
        node: { ...node, host: first },
        nodes: [first, second].map((each) => ({ ...node, host: each, labels: { room } })),
        settings: { ...settings, monitor: label },
        remoteWriteUrl: `https://telegraf.${name}/telegraf`,
      }),
    );
  expect(check(fc.sample(configuration, 100))).toEqual(faultless);
});

describe("the user's jobs", () => {
  const ours = renderedFiles["prometheus.yml"];
  const withJobs = (jobs: readonly object[] = exampleJobs): string =>
    appendJobs(ours, userJobs(jobs).map(scrapeJobOf));
  /** The result for jobs of which one names files of targets, and there are none. */
  const withoutTargetFiles = {
    ...faultless,
    warnings: [
      expect.stringMatching(/^WARNING: file "\S+" for file_sd in scrape job "\S+" does not exist$/) as string,
    ],
  };

  test("of each kind are accepted by promtool beside ours", () => {
    expect(check([withJobs()])).toEqual(withoutTargetFiles);
  });

  const documented = [
    ...readFileSync(join(projectRoot, "docs/scraping.md"), "utf8").matchAll(/^```yaml\n(.*?)^```/gms),
  ]
    .map(([, block = ""]) => parse(block) as { config: Readonly<Record<string, object[]>> })
    .flatMap(({ config }) => config["pi-monitoring:scrape"] ?? []);

  test("of docs/scraping.md are accepted", () => {
    expect(documented).toHaveLength(3);
    expect(check(documented.map((job) => withJobs([job])))).toEqual(withoutTargetFiles);
  });

  test("may have any text where a text is allowed", () => {
    const configuration = fc
      .dictionary(fc.stringMatching(/^[a-z]{1,5}$/), anyText.filter(isWritable))
      .map((labels) => withJobs([{ job_name: "nas", static_configs: [{ targets: ["nas:9100"], labels }] }]));
    expect(check(fc.sample(configuration, 50))).toEqual(faultless);
  });

  test.concurrent("cannot set node_name or monitor from files of targets", async () => {
    const targets = join(folder, "targets.json");
    const labels = { node_name: "kube-0.local", monitor: "mine", kept: "yes" };
    writeFileSync(targets, JSON.stringify([{ targets: ["nas.local:9100"], labels }]));
    const rules = [{ regex: "(kept)", action: "labelmap", replacement: "node_name" }];
    const job = {
      job_name: "nas",
      file_sd_configs: [{ files: ["/etc/targets.json"] }],
      relabel_configs: rules,
    };
    const file = write("discovered.yml", withJobs([job]).replace("/etc/targets.json", targets));
    const [found] = await relabelledTargets(file, "nas");
    expect(found?.labels).toMatchObject({ instance: "nas.local:9100", job: "nas", kept: "yes" });
    expect(found?.labels).not.toHaveProperty("node_name");
    expect(found?.labels).not.toHaveProperty("monitor");
  });

  /**
   * Runs the script's check, with a stub for the program by which it asks what the user prometheus can read.
   *
   * @param canRead whether that user can read the files that are there
   */
  function checkJobs(jobs: readonly object[], canRead = true, stubs = ""): ScriptResult {
    const { nodes, prometheus } = exampleSettings();
    const script = renderMasterSetup(
      {
        node: nodes[0] as NodeSettings,
        nodes,
        settings: prometheus,
        scrape: userJobs(jobs),
        remoteWriteUrl: "https://t.example.com",
      },
      "CREDENTIAL",
    );
    // runuser -u prometheus -- test -r FILE
    const runuser = `runuser() { ${canRead ? 'test -r "$6"' : "false"}; }`;
    return runNodeFunction(script, "check_jobs", `${runuser}\n${stubs}`);
  }

  test("are accepted before their secrets are in place", () => {
    expect(checkJobs(exampleJobs)).toMatchObject({ status: 0, stderr: "" });
  });

  test.each([
    [{ scrape_timeout: "2h" }, /scrape timeout greater than scrape interval/],
    [{ relabel_configs: [{ regex: "(" }] }, /error parsing regexp/],
    [{ relabel_configs: [{ action: "copy" }] }, /unknown relabel action "copy"/],
    [{ authorization: { credential: "a" } }, /field credential not found/],
    [
      { basic_auth: { password: "PASSWORD-1" }, authorization: { credentials: "CREDENTIALS-1" } },
      /at most one of/,
    ],
    [{ static_configs: [{ targets: ["http://nas:9100/metrics"] }] }, /is not a valid hostname/],
    [{ file_sd_configs: [{ files: ["/etc/targets"] }] }, /path name "\/etc\/targets" is not valid/],
  ])("are refused by name, with what promtool says of %j", (part, expected) => {
    const { status, stdout, stderr } = checkJobs([...exampleJobs, { job_name: "broken", ...part }]);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^kube-0: the job broken is refused by promtool: /);
    expect(stderr).toMatch(expected);
    expect(stderr).toMatch(/Prometheus keeps its old configuration\.\n$/);
    expect(jobSecrets.filter((secret) => stderr.includes(secret))).toEqual([]);
  });

  test("are refused by name where Prometheus cannot read a file of theirs", () => {
    const { status, stderr } = checkJobs(exampleJobs, false);
    expect([status, stderr]).toEqual([
      1,
      "kube-0: the job from-files names /etc/passwd, which is not there or which the user prometheus cannot read. Prometheus keeps its old configuration.\n",
    ]);
  });

  test("are refused by name where Prometheus cannot read a file of targets that is there", () => {
    const job = { job_name: "printers", file_sd_configs: [{ files: ["/etc/printers/*.json"] }] };
    // find FOLDER -maxdepth 1 -name PATTERN
    const list = join(folder, "list.json");
    writeFileSync(list, "[]");
    const isThere = `find() { [ "$1 $5" = "/etc/printers *.json" ] && echo ${list}; }`;
    expect(checkJobs([job], false).status).toBe(0);
    expect(checkJobs([job], true, isThere).status).toBe(0);
    const { status, stderr } = checkJobs([job], false, isThere);
    expect(status).toBe(1);
    expect(stderr).toContain(`the job printers names ${list}, `);
  });
});

/**
 * Whether a text can stand in a YAML file of Go's parser; promtool refuses a job with any other.
 * Source: `yaml_parser_update_buffer` in readerc.go of gopkg.in/yaml.v2
 */
function isWritable(text: string): boolean {
  return text.isWellFormed() && !/[\0-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]/.test(text);
}
