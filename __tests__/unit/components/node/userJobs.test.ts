import { parse } from "yaml";
import { checksOf, jobFiles, scrapeJobOf } from "../../../../components/node/userJobs";
import { certificate, jobSecrets, userJobs } from "../../../support/exampleJobs";

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

test("a check has a job alone, the files that it names, and whether it has targets at once", () => {
  const checks = checksOf(userJobs(), "15s");
  expect(checks.map(({ name, files, hasTargets }) => [name, files, hasTargets])).toEqual([
    ["router", [], true],
    ["nas", [], true],
    ["files", ["/etc/passwd"], false],
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
