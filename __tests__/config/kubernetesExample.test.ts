import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments, stringify } from "yaml";
import { mistakesInDashboards } from "../../components/dashboards/ownDashboards";
import { jobFiles, scrapeJobOf } from "../../components/node/userJobs";
import { certificate, userJobs } from "../support/exampleJobs";
import { exampleSettings } from "../support/exampleSettings";
import { projectRoot } from "../support/projectRoot";
import { checkConfig, faultless, relabelledTargets } from "../support/promtool";
import { temporaryFolder } from "../support/temporaryFolder";

type Labels = Readonly<Record<string, string>>;

const folder = temporaryFolder();
const read = (file: string): string => readFileSync(join(projectRoot, "docs", file), "utf8");

const [, yamlBlock = ""] = /^```yaml\n(.*?)^```/ms.exec(read("kubernetes.md")) ?? [];
const placeholder = /-----BEGIN CERTIFICATE-----\n\s+\.\.\.\n\s+-----END CERTIFICATE-----\n/;
const jobsInDocument = (
  parse(
    yamlBlock.replace(placeholder, () => certificate.trim().replaceAll("\n", `\n${" ".repeat(10)}`) + "\n"),
  ) as {
    config: { "pi-monitoring:scrape": readonly [object, object] };
  }
).config["pi-monitoring:scrape"];
const jobs = userJobs([{ ...jobsInDocument[0], authorization: { credentials: "TOKEN" } }, jobsInDocument[1]]);

/** Writes a configuration of Prometheus with jobs as they are rendered. */
function write(name: string, scrapeConfigs: readonly object[]): string {
  const file = join(folder, name);
  writeFileSync(file, stringify({ scrape_configs: scrapeConfigs }).replaceAll("/etc/pi-monitoring", folder));
  return file;
}

/** The samples that a job keeps, with the labels that they have then. */
async function keptSamples(jobName: string, samples: readonly Labels[]): Promise<Labels[]> {
  const rendered = jobs.map(scrapeJobOf).find(({ job_name }) => job_name === jobName);
  // Prometheus relabels samples and targets by the same rules. promtool shows targets only, so the samples are given to it as
  // targets. It hides labels that begin with underscores, so the name of the metric is in another label too.
  const job = {
    job_name: jobName,
    static_configs: samples.map((labels) => ({
      targets: ["x:1"],
      labels: { ...labels, metric: labels["__name__"] ?? "" },
    })),
    relabel_configs: rendered?.metric_relabel_configs,
  };
  const found = await relabelledTargets(write(`${jobName}.yml`, [job]), jobName);
  return found
    .filter(({ labels }) => Object.keys(labels).length > 0)
    .map(({ labels }) =>
      Object.fromEntries(
        Object.entries(labels).filter(([key]) => !key.startsWith("__") && !["instance", "job"].includes(key)),
      ),
    );
}

// promtool looks for the files of secrets. They are there before the concurrent tests start.
mkdirSync(join(folder, "scrape"));
for (const { path, content } of jobFiles(jobs)) {
  writeFileSync(path.replace("/etc/pi-monitoring", folder), content);
}

test("the account of the example may read metrics, and nothing else", () => {
  const objects = parseAllDocuments(read("kubernetes/access.yaml")).map(
    (document) =>
      document.toJS() as { kind: string; rules?: object[]; roleRef?: object; subjects?: object[] },
  );
  expect(objects.map(({ kind }) => kind)).toEqual([
    "Namespace",
    "ServiceAccount",
    "ClusterRole",
    "ClusterRoleBinding",
  ]);
  expect(objects.flatMap(({ rules = [] }) => rules)).toEqual([
    { apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] },
    { nonResourceURLs: ["/metrics"], verbs: ["get"] },
  ]);
  expect(objects[3]).toMatchObject({
    roleRef: { kind: "ClusterRole", name: "pi-monitoring" },
    subjects: [{ kind: "ServiceAccount", name: "pi-monitoring", namespace: "pi-monitoring" }],
  });
});

test("promtool accepts the jobs, and the token and the authority are in files of their own", () => {
  const file = write("prometheus.yml", jobs.map(scrapeJobOf));
  expect(checkConfig([file])).toEqual(faultless);
  const text = readFileSync(file, "utf8");
  expect([text.includes("TOKEN"), text.includes("CERTIFICATE")]).toEqual([false, false]);
  expect(text).toContain("credentials_file: ");
  expect(text).toContain("ca_file: ");
});

test.concurrent("each target has labels of its own, by its node and its path", async () => {
  const found = await relabelledTargets(write("targets.yml", jobs.map(scrapeJobOf)), "kubernetes");
  const rows = found.map(({ labels }) =>
    ["instance", "node", "metrics_path"].map((label) => labels[label]).join(" "),
  );
  expect(rows.sort()).toEqual([
    "192.168.1.10:10250 kube-0 /metrics",
    "192.168.1.10:10250 kube-0 /metrics/cadvisor",
    "192.168.1.10:6443 kube-0 /metrics",
    "192.168.1.11:10250 kube-1 /metrics",
    "192.168.1.11:10250 kube-1 /metrics/cadvisor",
  ]);
});

test.concurrent(
  "few of the samples of a cluster are kept, without labels that change with each restart",
  async () => {
    // The labels are those of Kubernetes 1.35.
    const containerSample = (name: string, container: string): Labels => ({
      __name__: name,
      container,
      ...(name.includes("cpu") ? { cpu: "total" } : {}),
      id: "/kubepods/burstable/pod1",
      image: container === "" ? "" : "docker.io/library/nginx:1.29",
      name: container === "" ? "" : "73f189b403f7",
      namespace: "default",
      pod: "web-0",
    });
    const requestSample = (code: string): Labels => ({
      __name__: "apiserver_request_total",
      code,
      resource: "pods",
      verb: "GET",
    });
    const kept = await keptSamples("kubernetes", [
      { __name__: "kubelet_running_pods" },
      { __name__: "kubelet_running_containers", container_state: "running" },
      { __name__: "kubelet_runtime_operations_total", operation_type: "list" },
      containerSample("container_cpu_usage_seconds_total", "web"),
      containerSample("container_cpu_usage_seconds_total", ""),
      containerSample("container_memory_working_set_bytes", "web"),
      containerSample("container_memory_working_set_bytes", ""),
      containerSample("container_memory_rss", "web"),
      requestSample("200"),
      requestSample("404"),
      requestSample("503"),
      { __name__: "apiserver_request_duration_seconds_bucket", le: "0.1", verb: "GET" },
      { __name__: "apiserver_current_inflight_requests", request_kind: "mutating" },
    ]);
    const place = { container: "web", namespace: "default", pod: "web-0" };
    expect(kept).toHaveLength(6);
    expect(kept).toEqual(
      expect.arrayContaining([
        { metric: "kubelet_running_pods" },
        { metric: "kubelet_running_containers", container_state: "running" },
        { metric: "container_cpu_usage_seconds_total", ...place },
        { metric: "container_memory_working_set_bytes", ...place },
        { metric: "apiserver_request_total", code: "503", resource: "pods", verb: "GET" },
        { metric: "apiserver_current_inflight_requests", request_kind: "mutating" },
      ]),
    );
  },
);

test.concurrent("of kube-state-metrics, restarts and pods in trouble are kept", async () => {
  const pod = { namespace: "default", pod: "web-0", uid: "081d040e" };
  const kept = await keptSamples("kube-state-metrics", [
    { __name__: "kube_pod_container_status_restarts_total", container: "web", ...pod },
    { __name__: "kube_pod_container_status_waiting_reason", reason: "CrashLoopBackOff", ...pod },
    { __name__: "kube_pod_container_status_ready", container: "web", ...pod },
    ...["Pending", "Running", "Failed"].map((phase) => ({
      __name__: "kube_pod_status_phase",
      phase,
      ...pod,
    })),
    { __name__: "kube_namespace_status_phase", phase: "Failed", namespace: "default" },
  ]);
  const place = { namespace: "default", pod: "web-0" };
  expect(kept).toHaveLength(4);
  expect(kept).toEqual(
    expect.arrayContaining([
      { metric: "kube_pod_container_status_restarts_total", container: "web", ...place },
      { metric: "kube_pod_container_status_waiting_reason", reason: "CrashLoopBackOff", ...place },
      { metric: "kube_pod_status_phase", phase: "Pending", ...place },
      { metric: "kube_pod_status_phase", phase: "Failed", ...place },
    ]),
  );
});

test("the dashboard is accepted as one of the user's, and asks for metrics that the jobs keep", () => {
  const settings = exampleSettings({ grafana: { dashboards: "docs/kubernetes" } });
  expect(settings.grafana.dashboards?.map(({ name }) => name)).toEqual(["kubernetes.json"]);
  expect(mistakesInDashboards(settings)).toEqual([]);
  const asked = [...read("kubernetes/kubernetes.json").matchAll(/r\._field == \\"(\w+)\\"/g)].map(
    ([, name = ""]) => name,
  );
  expect(asked).toHaveLength(5);
  // The values of the other source labels, after that of `__name__`.
  const otherValues: Readonly<Record<string, readonly string[]>> = {
    kubernetes: [";;", ";web;", ";;503"],
    "kube-state-metrics": [";", ";Pending"],
  };
  const isKept = (name: string): boolean =>
    jobs.some(({ job_name, metric_relabel_configs: rules = [] }) => {
      const patterns = rules
        .filter(({ action }) => action === "keep")
        .map(({ regex }) => new RegExp(`^(?:${String(regex)})$`));
      expect(patterns).toHaveLength(1);
      return otherValues[job_name]?.some((values) => patterns[0]?.test(`${name}${values}`));
    });
  expect(asked.filter((name) => !isKept(name))).toEqual([]);
});
