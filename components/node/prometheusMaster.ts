import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { hostAndPort } from "../settings/address";
import {
  type JoinedFile,
  type Managed,
  type ManagedDaemon,
  type ManagedFile,
  fileStates,
  programFolder,
  rootFile,
  unitFile,
} from "../machine/installed";
import { RemoteScript } from "../machine/remoteScript";
import { isLoopback, type Listener, webListenAddress } from "../settings/listeners";
import { jobFolder, type UserJob } from "../settings/scrape";
import type { NodeSettings, Settings } from "../settings/settings";
import { sizePrometheus } from "../settings/sizing";
import { sha256 } from "../sha256";
import { render } from "../template";
import { exporterJobs } from "./exporters";
import { probeJobs } from "./internetProbes";
import { nodeResources } from "./resourceNames";
import { appendJobs, nodeTargets, type ScrapeJob } from "./scrapeJobs";
import { sshMachineOf } from "./sshMachine";
import { checksOf, jobFiles, scrapeJobOf } from "./userJobs";

const packages = ["curl", "prometheus"] as const;
const configurationFolder = "/etc/pi-monitoring";
const configurationFile = `${configurationFolder}/prometheus.yml`;
const historyFolder = "/var/lib/pi-monitoring/prometheus";

export interface PrometheusMasterArgs {
  /** The node that runs Prometheus. */
  readonly node: NodeSettings;
  /** The nodes that it scrapes, itself among them. */
  readonly nodes: readonly NodeSettings[];
  readonly settings: Settings["prometheus"];
  /** Jobs of the user's own. */
  readonly scrape?: readonly UserJob[];
  readonly remoteWriteUrl: string;
  readonly ingestCredential: pulumi.Input<string>;
  /** The issuers of the server's certificate, in PEM; unset where the system's authorities are enough. */
  readonly serverIssuers?: pulumi.Input<string> | undefined;
}

/** Prometheus on a master node: scrapes its nodes and sends what it finds to the server. */
export class PrometheusMaster extends pulumi.ComponentResource {
  constructor(name: string, args: PrometheusMasterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:PrometheusMaster", name, {}, opts);
    const script = pulumi
      .all([args.ingestCredential, args.serverIssuers])
      .apply(([credential, issuers]) => renderMasterSetup(args, credential, issuers));
    new RemoteScript(
      nodeResources.prometheusScript(args.node.name),
      { machine: sshMachineOf(args.node), script: pulumi.secret(script) },
      { parent: this },
    );
    this.registerOutputs({});
  }
}

type PlainArgs = Pick<PrometheusMasterArgs, "node" | "nodes" | "settings" | "scrape" | "remoteWriteUrl">;

/** The shell script that sets Prometheus up; it holds the credential. */
export function renderMasterSetup(args: PlainArgs, credential: string, issuers?: string): string {
  return render(join(__dirname, "prometheusMaster.sh.mustache"), "shell", {
    node: args.node.name,
    packages,
    daemon: { ...daemon(args), arguments: daemon(args).arguments.join(" ") },
    unitFile: daemonUnit(args),
    port: args.node.prometheus.port,
    address: args.node.prometheus.listenAddress ?? "",
    url: urlOf(args.node.prometheus),
    // Prometheus scrapes itself, too.
    targets: args.nodes.length + 1,
    historyFolder,
    queueName: queueName(args),
    forgetBacklog: args.settings.forgetBacklog,
    configurationFolder,
    programFolder,
    credential: credentialFile(configurationFolder, credential),
    authorities: authorities.path,
    authorityFiles: authorityFiles(issuers),
    collector,
    authorityUnits,
    configuration: configuration(args),
    ...jobView(args),
    firstRelease: {
      ...firstRelease,
      credential: credentialFile(firstRelease.folder, credential),
      authorities: `${firstRelease.folder}/server-certificate.pem`,
    },
  });
}

/** What the script does about the user's jobs. Neither a job's name nor a path has a blank. */
function jobView({ scrape, settings }: PlainArgs) {
  const files = jobFiles(scrape).map((file) => ({ ...file, name: basename(file.path) }));
  const jobs = checksOf(scrape, settings.scrapeInterval);
  return {
    jobFolder,
    jobFiles: files,
    jobPaths: files.map(({ path }) => path).join(" "),
    jobs,
    jobNames: jobs.flatMap(({ name, hasTargets }) => (hasTargets ? [name] : [])).join(" "),
  };
}

/** Where release 0.1.0 had its files, beside Debian's. */
const firstRelease = {
  folder: "/etc/prometheus/pi-monitoring",
  configuration: "/etc/prometheus/prometheus.yml",
} as const;

/** What the set-up leaves on the master. */
export function managedOnMaster(args: PlainArgs, credential: string, issuers?: string): Managed {
  return {
    packages,
    files: fileStates([
      daemonUnit(args),
      credentialFile(configurationFolder, credential),
      ...authorityFiles(issuers),
      ...jobFiles(args.scrape),
      configuration(args),
    ]),
    joinedFiles: [authorities],
    daemons: [daemon(args)],
    units: [authorityUnits.path],
    metrics: [],
    prometheusUrl: urlOf(args.node.prometheus),
    server: { url: args.remoteWriteUrl, authorities: authorities.path },
    disks: [],
  };
}

/** Where the master itself asks its Prometheus. */
function urlOf({ port, listenAddress = "127.0.0.1" }: Listener): string {
  return `http://${listenAddress}:${port}`;
}

function daemon({ node, nodes, settings, scrape }: PlainArgs): ManagedDaemon {
  const { blockHours } = sizePrometheus(nodes, settings.scrapeInterval, scrape);
  return {
    unit: "pi-monitoring-prometheus.service",
    program: "/usr/bin/prometheus",
    arguments: [
      `--config.file=${configurationFile}`,
      `--web.listen-address=${webListenAddress(node.prometheus)}`,
      `--storage.tsdb.path=${historyFolder}`,
      `--storage.tsdb.min-block-duration=${blockHours}h`,
      // InfluxDB keeps the samples. These are for queries on the master, and may not fill its SD card.
      "--storage.tsdb.retention.time=7d",
      "--storage.tsdb.retention.size=2GB",
      // Less than the time that its unit has for a stop.
      "--storage.remote.flush-deadline=10s",
    ],
  };
}

function daemonUnit(args: PlainArgs): ManagedFile {
  return unitFile(daemon(args).unit, renderPrometheusUnit(args));
}

/** The systemd unit of Prometheus. */
export function renderPrometheusUnit(args: PlainArgs): string {
  return render(join(__dirname, "pi-monitoring-prometheus.service.mustache"), "systemd", daemon(args));
}

/** What remote write needs to be accepted. */
function credentialFile(folder: string, content: string): ManagedFile {
  return { path: `${folder}/ingest-credential`, mode: "0640", owner: "root:prometheus", content };
}

const collector = `${programFolder}/collect_authorities`;
const authorityUnits = {
  path: "pi-monitoring-authorities.path",
  service: "pi-monitoring-authorities.service",
} as const;
const issuersFile = `${configurationFolder}/server-issuers.pem`;

/**
 * What the server's certificate is checked by. Prometheus's configuration always has this one path: with another one, or
 * none, it would forget what it has not sent. It reads the file again when that has changed.
 * Source: `NewTLSRoundTripper` in https://github.com/prometheus/common/blob/v0.37.0/config/http_config.go
 */
const authorities: JoinedFile = {
  path: `${configurationFolder}/server-certificate.pem`,
  mode: "0644",
  owner: "root:root",
  parts: [issuersFile, "/etc/ssl/certs/ca-certificates.crt"],
};

/** The server's issuers, and what joins them with the system's authorities. */
function authorityFiles(issuers = ""): ManagedFile[] {
  const source = (name: string): string => readFileSync(join(__dirname, "files/master", name), "utf8");
  return [
    // Another file follows it.
    rootFile(issuersFile, "0644", issuers.replace(/\n*$/, issuers === "" ? "" : "\n")),
    rootFile(collector, "0755", source("collect_authorities.sh")),
    ...Object.values(authorityUnits).map((unit) => unitFile(unit, source(unit))),
  ];
}

function configuration(args: PlainArgs): ManagedFile {
  return rootFile(configurationFile, "0644", renderPrometheusConfig(args));
}

/** The content of `prometheus.yml`. */
export function renderPrometheusConfig(args: PlainArgs): string {
  return renderConfigFor(queueName(args), args);
}

/**
 * A name for remote write's queue that changes with everything that makes Prometheus start a new one: its own settings and
 * the external labels. It shows which configuration runs on the node.
 * Source: `ApplyConfig` in https://github.com/prometheus/prometheus/blob/v2.53.3/storage/remote/write.go
 */
function queueName(args: PlainArgs): string {
  const { global, remote_write } = parse(renderConfigFor("", args)) as {
    global: { external_labels: unknown };
    remote_write: unknown;
  };
  const content = JSON.stringify([global.external_labels, remote_write]);
  return `pi-monitoring-${sha256(content).slice(0, 8)}`;
}

/** The jobs besides `prometheus` and `node`, in their order. */
function furtherJobs({ node, nodes, settings, scrape = [] }: PlainArgs): ScrapeJob[] {
  return [...exporterJobs(nodes), ...probeJobs(node, { prometheus: settings }), ...scrape.map(scrapeJobOf)];
}

function renderConfigFor(queue: string, args: PlainArgs): string {
  const { node, nodes, settings, scrape, remoteWriteUrl } = args;
  const ours = render(join(__dirname, "prometheus.yml.mustache"), "yaml", {
    ...settings,
    ...sizePrometheus(nodes, settings.scrapeInterval, scrape),
    masterTarget: hostAndPort(node.host, node.prometheus.port),
    nodeTargets: nodeTargets(nodes).map(({ targets, labels = {} }) => ({
      targets,
      labels: Object.entries(labels).map(([name, value]) => ({ name, value })),
      hasLabels: Object.keys(labels).length > 0,
    })),
    loopbacks: loopbacks(node),
    queueName: queue,
    remoteWriteUrl,
    credentialFile: credentialFile(configurationFolder, "").path,
    authorities: authorities.path,
  });
  return appendJobs(ours, furtherJobs(args));
}

/** The daemons of a master that only itself can reach: targets by the name of the node, scraped at another address. */
function loopbacks({ host, prometheus, nodeExporter }: NodeSettings): { regex: string; address: string }[] {
  return [prometheus, nodeExporter].filter(isLoopback).map((listener) => ({
    // The group is what the instance becomes.
    regex: `(${hostAndPort(host, listener.port).replace(/[.[\]]/g, "[$&]")})`,
    address: webListenAddress(listener),
  }));
}
