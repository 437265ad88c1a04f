import { jobsOf } from "../../../../components/settings/settings";
import { UserError } from "../../../../components/userError";
import { makeCertificate } from "../../../support/certificate";
import { certificate, exampleJobs, key, userJobs } from "../../../support/exampleJobs";
import { exampleNode, exampleSettings, smallest } from "../../../support/exampleSettings";
import { temporaryFolder } from "../../../support/temporaryFolder";

const folder = temporaryFolder();

const allowedNames = "must be up to 64 letters, digits, dot, hyphen and underscore, such as router";
const reservedName =
  "is the name of a job of this program's own, by which its panels and alerts select: give it another";
const reservedLabel = "is a label of this program's own, by which it distinguishes nodes and masters";
const oneLine = "must be text of one line, without a blank at its beginning or end";
const hidden = "must be elsewhere, such as in /etc: Prometheus has no access to that folder";

/** The mistakes in a list of jobs, without the beginning that all have. */
function mistakesOf(...scrape: readonly unknown[]): readonly string[] {
  try {
    exampleSettings({ scrape });
    return [];
  } catch (error) {
    return error instanceof UserError ? error.message.split("\n").slice(1) : [String(error)];
  }
}

function mistakesIn(part: object): readonly string[] {
  return mistakesOf({ job_name: "nas", ...part }).map((line) => line.replace(/^.*?pi-monitoring:scrape/, ""));
}

test("jobs of each kind are accepted, in Prometheus's own form", () => {
  const [router, nas, , api] = userJobs();
  expect(userJobs()).toHaveLength(exampleJobs.length);
  expect(router?.static_configs?.[0]?.labels).toEqual({ floor: "2", on: "yes" });
  expect(nas?.honor_labels).toBe(true);
  expect(api?.sample_limit).toBe(1000);
});

test.each([
  [{ job_name: "a b" }, `[0].job_name = "a b": ${allowedNames}`],
  [{ job_name: "../x" }, `[0].job_name = "../x": ${allowedNames}`],
  ...["node", "prometheus", "blackbox", "tplink-plug", "internet", "internet-dns"].map(
    (name) => [{ job_name: name }, `[0].job_name = "${name}": ${reservedName}`] as const,
  ),
  [{ scheme: "ftp" }, '[0].scheme = "ftp": must be http or https'],
  [
    { scrape_interval: "fast" },
    '[0].scrape_interval = "fast": must be a Prometheus duration, such as 30s or 5m',
  ],
  [
    { static_configs: [{ targets: "nas" }] },
    '[0].static_configs[0].targets = "nas": must be a list of targets, such as router.local:9100',
  ],
  [
    { static_configs: [{ targets: [], labels: { node_name: "x" } }] },
    `[0].static_configs[0].labels.node_name = "x": ${reservedLabel}`,
  ],
  [
    { static_configs: [{ targets: [], labels: { monitor: "x" } }] },
    `[0].static_configs[0].labels.monitor = "x": ${reservedLabel}`,
  ],
  [
    { relabel_configs: [{ target_label: "node_name" }] },
    `[0].relabel_configs[0].target_label = "node_name": ${reservedLabel}`,
  ],
  [
    { metric_relabel_configs: [{}, { target_label: "monitor" }] },
    `[0].metric_relabel_configs[1].target_label = "monitor": ${reservedLabel}`,
  ],
  [
    { tls_config: { ca_file: "ca.pem" } },
    '[0].tls_config.ca_file = "ca.pem": must be the absolute path of a file on the master',
  ],
  [{ tls_config: { ca_file: "/home/pi/ca.pem" } }, `[0].tls_config.ca_file = "/home/pi/ca.pem": ${hidden}`],
  [
    { http_sd_configs: [{ basic_auth: { password_file: "/tmp/x" } }] },
    `[0].http_sd_configs[0].basic_auth.password_file = "/tmp/x": ${hidden}`,
  ],
  [
    { file_sd_configs: [{ files: ["/root/*.json"] }] },
    `[0].file_sd_configs[0].files[0] = "/root/*.json": ${hidden}`,
  ],
  [
    { bearer_token_file: "/etc/pi-monitoring/scrape/x" },
    '[0].bearer_token_file = "/etc/pi-monitoring/scrape/x": must be elsewhere: this program removes other files from /etc/pi-monitoring/scrape',
  ],
  // No secret, and nothing that may hold one, is shown.
  [{ basic_auth: { password: " secret" } }, `[0].basic_auth.password = …: ${oneLine}`],
  [
    { basic_auth: { password: "secret", password_file: "/etc/nas" } },
    "[0].basic_auth.password = …: is in a file too: leave one of the two out",
  ],
  [{ basic_auth: { password: 1234 } }, `[0].basic_auth.password = …: ${oneLine}`],
  [{ authorization: { credentials: "a\nsecret" } }, `[0].authorization.credentials = …: ${oneLine}`],
  [{ oauth2: { client_secret: "" } }, `[0].oauth2.client_secret = …: ${oneLine}`],
  [{ bearer_token: "secret " }, `[0].bearer_token = …: ${oneLine}`],
  [
    { http_sd_configs: [{ authorization: { credentials: ["secret"] } }] },
    `[0].http_sd_configs[0].authorization.credentials = …: ${oneLine}`,
  ],
  [{ tls_config: { key: "secret" } }, "[0].tls_config.key = …: must be a private key in PEM"],
  [{ tls_config: { cert: "secret" } }, "[0].tls_config.cert = …: must be a certificate in PEM"],
  [{ params: "secret" }, "[0].params = …: must be an object, as Prometheus has it"],
  [{ basic_auth: "secret" }, "[0].basic_auth = …: must be an object, as Prometheus has it"],
] as const)("%j is refused", (part, expected) => {
  expect(mistakesIn(part)).toEqual([expected]);
});

test("an unknown setting is refused with the list, and without its value", () => {
  const [found = ""] = mistakesIn({ pasword: "secret" });
  expect(found).toMatch(
    /^\[0\]\.pasword = …: is not a setting; here are: job_name, master, static_configs, /,
  );
});

test.each(["secret", ["secret"], { job_name: "secret" }])(
  "%j is no list of jobs, and not shown",
  (scrape) => {
    const attempt = (): unknown => exampleSettings({ scrape });
    expect(attempt).toThrow(UserError);
    expect(attempt).not.toThrow(/secret/);
  },
);

test("a certificate and its key are accepted in PEM", () => {
  const { certificate: cert, key: ofCert } = makeCertificate(folder, "kube-0.local");
  expect(mistakesIn({ tls_config: { ca: certificate, cert, key: ofCert } })).toEqual([]);
  expect(mistakesIn({ tls_config: { cert: cert + certificate, key: ofCert } })).toEqual([]);
  expect(mistakesIn({ tls_config: { key } })).toEqual([]);
});

test("a key must be that of its certificate", () => {
  const { certificate: cert } = makeCertificate(folder, "kube-0.local");
  const expected = "tls_config.key = …: must be the private key of the first certificate in cert";
  expect(mistakesIn({ tls_config: { cert, key } })).toEqual([`[0].${expected}`]);
  const discovery = { url: "https://example.com/targets", tls_config: { cert, key } };
  expect(mistakesIn({ http_sd_configs: [discovery] })).toEqual([`[0].http_sd_configs[0].${expected}`]);
  expect(mistakesIn({ tls_config: { cert: "secret", key } })).toEqual([
    "[0].tls_config.cert = …: must be a certificate in PEM",
  ]);
});

test("the name of a job is unique, and its master is one", () => {
  const job = { job_name: "nas", master: "kube-1" };
  expect(mistakesOf({ job_name: "nas" }, job)).toEqual([
    expect.stringContaining('scrape[1].job_name = "nas": must be unique; scrape[0] has the same'),
    expect.stringContaining('scrape[1].master = "kube-1": must be the name of a master: kube-0'),
  ]);
  const nodes = [smallest.nodes[0], exampleNode("kube-1", { master: true })];
  expect(exampleSettings({ nodes, scrape: [job] }).scrape).toHaveLength(1);
});

test("a job is run by the master that it names, or by each", () => {
  const nodes = [smallest.nodes[0], exampleNode("kube-1", { master: true })];
  const settings = exampleSettings({
    nodes,
    scrape: [{ job_name: "a" }, { job_name: "b", master: "kube-1" }],
  });
  const names = settings.nodes.map((node) => jobsOf(node, settings).map(({ job_name }) => job_name));
  expect(names).toEqual([["a"], ["a", "b"]]);
});
