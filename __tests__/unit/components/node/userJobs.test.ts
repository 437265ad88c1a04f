import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parse } from "yaml";
import { fileStates } from "../../../../components/machine/installed";
import {
  managedOnMaster,
  renderMasterSetup,
  renderPrometheusConfig,
  renderPrometheusUnit,
} from "../../../../components/node/prometheusMaster";
import { checksOf, jobFiles, scrapeJobOf } from "../../../../components/node/userJobs";
import type { NodeSettings } from "../../../../components/settings/settings";
import { certificate, exampleJobs, jobSecrets, userJobs } from "../../../support/exampleJobs";
import { exampleSettings } from "../../../support/exampleSettings";
import { runNodeFunction } from "../../../support/runNodeFunction";
import type { ScriptResult } from "../../../support/runScript";
import { temporaryFolder } from "../../../support/temporaryFolder";

const withoutOwnLabels = { action: "labeldrop", regex: "node_name|monitor" };

test("a secret of a job is in a file of its own, which only root and Prometheus can read", () => {
  const files = jobFiles(userJobs());
  expect(files.map(({ path, content }) => [path.replace("/etc/pi-monitoring/scrape/", ""), content])).toEqual(
    [
      ["nas.basic_auth-password", "PASSWORD-1"],
      ["nas.tls_config-ca", certificate],
      ["api.example.com.http_sd_configs-0-basic_auth-password", "PASSWORD-2"],
      ["api.example.com.http_sd_configs-1-authorization-credentials", "CREDENTIALS-2"],
      ["api.example.com.authorization-credentials", "CREDENTIALS-1"],
      ["oauth.oauth2-client_secret", "CLIENT-SECRET"],
      ["oauth.oauth2-tls_config-ca", certificate],
      ["probe.bearer_token", "BEARER-TOKEN"],
    ],
  );
  expect(new Set(files.map(({ mode, owner }) => `${mode} ${owner}`))).toEqual(
    new Set(["0640 root:prometheus"]),
  );
  expect(jobFiles()).toEqual([]);
});

test("and its path is in the job", () => {
  const text = JSON.stringify(userJobs().map(scrapeJobOf));
  expect([...jobSecrets, "BEGIN"].filter((secret) => text.includes(secret))).toEqual([]);
  for (const { path } of jobFiles(userJobs())) {
    expect(text).toContain(`"${path}"`);
  }
});

test("a word of the user's is no secret, whatever it is called", () => {
  const [job] = userJobs([
    {
      job_name: "nas",
      params: { bearer_token: ["a"] },
      static_configs: [{ targets: [], labels: { password: "b", bearer_token: "c" } }],
    },
  ]);
  expect(jobFiles(job === undefined ? [] : [job])).toEqual([]);
});

test("labels of ours are dropped after the user's own rules", () => {
  const jobs = userJobs().map(scrapeJobOf);
  for (const { relabel_configs, metric_relabel_configs } of jobs) {
    expect((relabel_configs as unknown[]).at(-1)).toEqual(withoutOwnLabels);
    expect((metric_relabel_configs as unknown[]).at(-1)).toEqual(withoutOwnLabels);
  }
  expect(jobs.at(-1)?.["relabel_configs"]).toHaveLength(4);
  expect(jobs.at(-1)?.["metric_relabel_configs"]).toHaveLength(2);
  expect(jobs[1]).not.toHaveProperty("master", "kube-0");
});

test("labels are limited, as far as the settings say nothing else", () => {
  const [limited, raised] = userJobs([
    { job_name: "nas" },
    { job_name: "pods", label_limit: 60, label_value_length_limit: 500 },
  ]).map(scrapeJobOf);
  const limits = { label_limit: 30, label_name_length_limit: 128, label_value_length_limit: 1000 };
  expect(limited).toMatchObject(limits);
  expect(raised).toMatchObject({ ...limits, label_limit: 60, label_value_length_limit: 500 });
  const bytes = limits.label_limit * (limits.label_name_length_limit + 2 * limits.label_value_length_limit);
  expect(bytes).toBeLessThan(65_535);
});

test("a check has a job alone, the files that it names, and whether it has targets at once", () => {
  const checks = checksOf(userJobs(), "15s");
  expect(checks.map(({ name, files, hasTargets }) => [name, files, hasTargets])).toEqual([
    ["router", [], true],
    ["nas", [], true],
    ["from-files", ["/etc/passwd"], false],
    ["api.example.com", [], false],
    ["oauth", [], false],
    ["probe", [], true],
  ]);
  for (const { name, configuration } of checks) {
    expect(parse(configuration)).toMatchObject({
      global: { scrape_interval: "15s" },
      scrape_configs: [{ job_name: name }],
    });
    expect(configuration).not.toContain("master");
  }
});

describe("the script of the master", () => {
  const folder = temporaryFolder();
  const { nodes, prometheus: settings } = exampleSettings();
  const configuration = join(folder, "prometheus.yml");
  const jobFolder = join(folder, "scrape");

  /** Runs a function of the script, with its folders in that of the test. */
  function run(name: string, stubs: string, jobs: readonly object[] = exampleJobs): ScriptResult {
    const script = renderMasterSetup(
      {
        node: nodes[0] as NodeSettings,
        nodes,
        settings,
        scrape: userJobs(jobs),
        remoteWriteUrl: "https://telegraf.example.com/telegraf",
      },
      "CREDENTIAL",
    );
    return runNodeFunction(
      script
        .replaceAll("/etc/pi-monitoring", folder)
        .replaceAll("/etc/systemd/system", folder)
        .replaceAll("=/run/", `=${folder}/`),
      name,
      stubs,
    );
  }

  /** Prometheus takes each configuration at once, and has set up two of the three jobs with targets. */
  const healthy = `
systemctl() { echo "systemctl $*"; date +%s%N >"${folder}/loaded"; }
ensure_enabled() { :; }
needs_restart() { false; }
has_queue() { :; }
await_answer() { echo "await answer"; }
sleep() { :; }
chown() { :; }
install() { mkdir -p "${jobFolder}"; }
ensure_access() { :; }
journalctl() { echo "level=error scrape_pool=nas"; }
pools='router nas probe'
metrics() {
  echo "prometheus_config_last_reload_success_timestamp_seconds $(cat "${folder}/loaded")"
  for pool in $pools; do echo "prometheus_target_scrape_pool_targets{scrape_job=\\"$pool\\"} 1"; done
}`;

  beforeEach(() => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    writeFileSync(configuration, "old");
    writeFileSync(join(folder, "loaded"), "1");
  });

  const setUp = (stubs: string, jobs?: readonly object[]): ScriptResult =>
    run(
      "set_up",
      `${healthy}\nset_up() { ensure_files; ensure_running; remove_former_job_files; }\n${stubs}`,
      jobs,
    );

  test("writes secrets, reloads once, and removes the files of former jobs", () => {
    mkdirSync(jobFolder);
    writeFileSync(join(jobFolder, "former.bearer_token"), "SECRET");
    const { status, stdout } = setUp("");
    expect([status, stdout.match(/^systemctl reload.*/gm)]).toEqual([
      0,
      ["systemctl reload pi-monitoring-prometheus.service"],
    ]);
    expect(readdirSync(jobFolder).sort()).toEqual(
      jobFiles(userJobs())
        .map(({ path }) => basename(path))
        .sort(),
    );
    expect(stdout).toContain(`kube-0: removed ${jobFolder}/former.bearer_token\n`);
    expect(readFileSync(configuration, "utf8")).toContain('job_name: "nas"');
  });

  test("removes the folder with the last secret", () => {
    mkdirSync(jobFolder);
    writeFileSync(join(jobFolder, "nas.bearer_token"), "SECRET");
    expect(setUp("", []).status).toBe(0);
    expect(existsSync(jobFolder)).toBe(false);
  });

  test("puts the old configuration back where Prometheus does not take the new one", () => {
    const { status, stderr, stdout } = setUp(
      // It takes no configuration but the old one.
      `systemctl() { echo "systemctl $*"; ! grep -q '^old$' "${configuration}" || date +%s%N >"${folder}/loaded"; }`,
    );
    expect(status).toBe(1);
    expect(readFileSync(configuration, "utf8")).toBe("old");
    expect(stdout.match(/^systemctl reload/gm)).toHaveLength(2);
    expect(stderr).toContain(
      "pi-monitoring-prometheus.service does not take its new configuration; its old configuration is back and in force. Its last lines:\nlevel=error scrape_pool=nas",
    );
    expect(jobSecrets.filter((secret) => stderr.includes(secret))).toEqual([]);
  });

  test("names a job that Prometheus cannot set up, and puts the old configuration back", () => {
    const { status, stderr } = setUp("pools='router probe'");
    expect(status).toBe(1);
    expect(stderr).toContain("cannot set up the job nas; its old configuration is back and in force.");
    expect(readFileSync(configuration, "utf8")).toBe("old");
  });

  test("reloads again for a job that an earlier reload could not set up", () => {
    expect(setUp("").status).toBe(0);
    const { status, stdout } = setUp(`pools='router nas'
systemctl() { echo "systemctl $*"; date +%s%N >"${folder}/loaded"; pools='router nas probe'; }`);
    expect([status, stdout.match(/^systemctl reload/gm)]).toEqual([0, ["systemctl reload"]]);
    expect(setUp("").stdout).not.toContain("systemctl reload");
  });

  test("has the folder of the secrets among what it removes", () => {
    const script = renderMasterSetup(
      { node: nodes[0] as NodeSettings, nodes, settings, remoteWriteUrl: "https://t.example.com" },
      "CREDENTIAL",
    );
    expect(script).toMatch(/^ {2}rm -rf .* "\$job_folder" /m);
  });
});

test("a job changes neither remote write nor the arguments of Prometheus, and secrets are in neither", () => {
  const { nodes, prometheus: settings } = exampleSettings();
  const args = { node: nodes[0] as NodeSettings, nodes, settings, remoteWriteUrl: "https://t.example.com" };
  const without = parse(renderPrometheusConfig(args)) as { scrape_configs: object[] };
  const scrape = userJobs([exampleJobs[0] as object, exampleJobs[1] as object]);
  const text = renderPrometheusConfig({ ...args, scrape });
  const { scrape_configs, ...rest } = parse(text) as { scrape_configs: object[] };
  expect({ ...rest, scrape_configs: without.scrape_configs }).toEqual(without);
  expect(scrape_configs.slice(0, 2)).toEqual(without.scrape_configs);
  expect(scrape_configs.slice(2)).toEqual(scrape.map(scrapeJobOf));
  expect(renderPrometheusUnit({ ...args, scrape })).toBe(renderPrometheusUnit(args));
  expect(jobSecrets.filter((secret) => text.includes(secret))).toEqual([]);
  const { files } = managedOnMaster({ ...args, scrape }, "CREDENTIAL");
  expect(files).toEqual(expect.arrayContaining(fileStates(jobFiles(scrape))));
});
