import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { UserJob } from "../../components/settings/scrape";
import { exampleSettings } from "./exampleSettings";

const { privateKey } = generateKeyPairSync("ed25519");
/** A private key in PEM. */
export const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
/** Certificates in PEM. */
export const certificate = readFileSync(
  join(__dirname, "../../components/server/ingress/letsEncryptStagingRoots.pem"),
  "utf8",
);

/** Jobs of each kind, as a settings file has them. */
export const exampleJobs = [
  {
    job_name: "router",
    static_configs: [{ targets: ["router.local:9100"], labels: { floor: 2, on: "yes" } }],
  },
  {
    job_name: "nas",
    master: "kube-0",
    scheme: "https",
    scrape_interval: "5m",
    scrape_timeout: "30s",
    honor_labels: "true",
    basic_auth: { username: "scraper", password: "PASSWORD-1" },
    tls_config: { ca: certificate, server_name: "nas.local", insecure_skip_verify: false },
    static_configs: [{ targets: ["192.168.1.5:9100", "[2001:db8::5]:9100"] }],
  },
  {
    job_name: "from-files",
    file_sd_configs: [{ files: ["/etc/targets/*.json"], refresh_interval: "1m" }],
    authorization: { credentials_file: "/etc/passwd" },
  },
  {
    job_name: "api.example.com",
    metrics_path: "/api/metrics",
    params: { format: ["prometheus"], "match[]": ["up"] },
    authorization: { type: "Token", credentials: "CREDENTIALS-1" },
    http_sd_configs: [
      { url: "https://example.com/targets", basic_auth: { username: "a", password: "PASSWORD-2" } },
      { url: "https://example.org/targets", authorization: { credentials: "CREDENTIALS-2" } },
    ],
    sample_limit: "1000",
    body_size_limit: "10MB",
    follow_redirects: false,
    enable_http2: true,
    proxy_url: "http://proxy.local:3128",
  },
  {
    job_name: "oauth",
    oauth2: {
      client_id: "id",
      client_secret: "CLIENT-SECRET",
      token_url: "https://example.com/token",
      tls_config: { ca: certificate },
    },
    dns_sd_configs: [{ names: ["_metrics._tcp.example.com"] }],
  },
  {
    job_name: "probe",
    bearer_token: "BEARER-TOKEN",
    static_configs: [{ targets: ["https://example.com", "https://example.org"] }],
    relabel_configs: [
      { source_labels: ["__address__"], target_label: "__param_target" },
      { source_labels: ["__param_target"], target_label: "instance" },
      { target_label: "__address__", replacement: "127.0.0.1:9115" },
    ],
    metric_relabel_configs: [{ source_labels: ["__name__"], regex: "go_.+", action: "drop" }],
  },
];

/** The secrets in them that are one line. */
export const jobSecrets = [
  "PASSWORD-1",
  "PASSWORD-2",
  "CREDENTIALS-1",
  "CREDENTIALS-2",
  "CLIENT-SECRET",
  "BEARER-TOKEN",
];

/** Jobs as the settings read them. */
export function userJobs(jobs: readonly object[] = exampleJobs): readonly UserJob[] {
  return exampleSettings({ scrape: jobs }).scrape;
}
