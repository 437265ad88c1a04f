import { stringify } from "yaml";
import { webListenAddress } from "../settings/listeners";
import { internetJob, type InternetPreset } from "../settings/presets";
import { probeInterval } from "../settings/probeInterval";
import type { ProbeTarget } from "../settings/probeTargets";
import type { NodeSettings, Settings } from "../settings/settings";
import { forGo, type ScrapeJob } from "./scrapeJobs";

/** What a probe without an answer takes, in seconds. The scrape around it takes a little longer. */
const timeout = 10;

/**
 * The metrics of a probe that a panel or a rule asks for. The others are half of the series, and some of them get other
 * labels with each new certificate.
 */
const metrics = [
  "probe_dns_duration_seconds",
  "probe_dns_lookup_time_seconds",
  "probe_duration_seconds",
  "probe_http_duration_seconds",
  "probe_http_status_code",
  "probe_icmp_duration_seconds",
  "probe_ip_protocol",
  "probe_ssl_earliest_cert_expiry",
  "probe_success",
];

/** The jobs of the probes of a master. */
export function probeJobs(
  { host, exporters }: Pick<NodeSettings, "host" | "exporters">,
  settings: Pick<Settings, "prometheus">,
): ScrapeJob[] {
  return exporters.flatMap((exporter) => {
    const { probes } = exporter;
    return probes === undefined
      ? []
      : [probeJob(probes, { host, address: webListenAddress(exporter) }, settings)];
  });
}

function probeJob(
  { targets }: InternetPreset,
  { host, address }: { readonly host: string; readonly address: string },
  settings: Pick<Settings, "prometheus">,
): ScrapeJob {
  return {
    job_name: internetJob,
    scrape_interval: `${probeInterval(settings)}s`,
    scrape_timeout: `${timeout + 5}s`,
    metrics_path: "/probe",
    static_configs: targets.map((target) => ({
      targets: [address],
      labels: {
        __param_module: moduleOf(target),
        __param_target: target.address,
        instance: target.text,
        node_name: host,
      },
    })),
    metric_relabel_configs: [{ source_labels: ["__name__"], regex: metrics.join("|"), action: "keep" }],
  };
}

/** The configuration of blackbox_exporter, with the modules that the targets need. */
export function renderProbeModules({ targets }: InternetPreset): string {
  const modules = targets.map((target) => [moduleOf(target), configurationOf(target)] as const);
  return stringify({ modules: Object.fromEntries(modules) }, forGo);
}

/** The name of a target's module. The name that a DNS server is asked for is a part of the module, and not of the target. */
function moduleOf({ kind, query = "" }: ProbeTarget): string {
  switch (kind) {
    case "http":
    case "https":
      return "http";
    case "dns":
      return `dns_${query}`;
    case "tcp":
    case "icmp":
      return kind;
  }
}

// By default, a name with an IPv6 address is probed by IPv6 even where the line has none.
const protocol = { preferred_ip_protocol: "ip4" } as const;

function configurationOf(target: ProbeTarget): object {
  const prober = target.kind === "https" ? "http" : target.kind;
  const dns = {
    transport_protocol: "udp",
    query_name: target.query,
    query_type: "A",
    // A server that knows no address of the name is no better than one that does not answer.
    validate_answer_rrs: { fail_if_none_matches_regexp: ["\\tA\\t"] },
  };
  return {
    prober,
    timeout: `${timeout}s`,
    [prober]: { ...protocol, ...(prober === "dns" ? dns : {}) },
  };
}
