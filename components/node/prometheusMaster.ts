import { createHash } from "node:crypto";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { type Managed, type ManagedDaemon, type ManagedFile, prints } from "../managed";
import type { NodeSettings, Settings } from "../settings";
import { type PrometheusSizing, sizePrometheus } from "../sizing";
import { render } from "../template";
import { NodeScript } from "./nodeScript";

const packages = ["curl", "prometheus"] as const;
const trustFolder = "/etc/prometheus/pi-monitoring";
const credentialFile = `${trustFolder}/ingest-credential`;
const certificateFile = `${trustFolder}/server-certificate.pem`;

export interface PrometheusMasterArgs {
  /** The node that runs Prometheus. */
  readonly node: NodeSettings;
  /** The nodes that it scrapes, itself among them. */
  readonly nodes: readonly NodeSettings[];
  readonly settings: Settings["prometheus"];
  readonly remoteWriteUrl: string;
  readonly ingestCredential: pulumi.Input<string>;
  /** The certificate to trust for remote write, in PEM; unset where a known authority signs it. */
  readonly serverCertificate?: pulumi.Input<string> | undefined;
}

/** Prometheus on a master node: scrapes its nodes and sends what it finds to the server. */
export class PrometheusMaster extends pulumi.ComponentResource {
  constructor(name: string, args: PrometheusMasterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:PrometheusMaster", name, {}, opts);
    const script = pulumi
      .all([args.ingestCredential, args.serverCertificate])
      .apply(([credential, certificate]) => renderMasterSetup(args, credential, certificate));
    new NodeScript(`${name}-script`, { node: args.node, script: pulumi.secret(script) }, { parent: this });
    this.registerOutputs({});
  }
}

type PlainArgs = Pick<PrometheusMasterArgs, "node" | "nodes" | "settings" | "remoteWriteUrl">;

/** The shell script that sets Prometheus up; it holds the credential. */
export function renderMasterSetup(args: PlainArgs, credential: string, certificate?: string): string {
  return render(join(__dirname, "prometheusMaster.sh.mustache"), "shell", {
    node: args.node.name,
    packages,
    daemon: daemon(args),
    queueName: queueName(args, certificate !== undefined),
    forgetBacklog: args.settings.forgetBacklog,
    trustFolder,
    trust: trust(credential, certificate),
    configuration: configuration(args, certificate !== undefined),
  });
}

/** What the set-up leaves on the master. */
export function managedOnMaster(args: PlainArgs, credential: string, certificate?: string): Managed {
  return {
    packages,
    files: prints([...trust(credential, certificate), configuration(args, certificate !== undefined)]),
    links: [],
    daemons: [daemon(args)],
    units: [],
    metrics: [],
    prometheus: true,
    disks: [],
  };
}

function daemon(args: PlainArgs): ManagedDaemon {
  return {
    unit: "prometheus",
    defaults: "/etc/default/prometheus",
    arguments: [
      `--storage.tsdb.min-block-duration=${sizing(args).blockHours}h`,
      // InfluxDB keeps the samples; these are for whoever looks at the master, and may not fill its SD card.
      "--storage.tsdb.retention.time=7d --storage.tsdb.retention.size=2GB",
      // By the package's unit, systemd takes a stop for failed after 20 seconds; the default here is a minute.
      "--storage.remote.flush-deadline=10s",
    ].join(" "),
  };
}

/** What remote write needs to be let in, and to know the server. */
function trust(credential: string, certificate: string | undefined): ManagedFile[] {
  return [
    { path: credentialFile, mode: "0640", owner: "root:prometheus", content: credential },
    { path: certificateFile, mode: "0644", owner: "root:root", content: certificate ?? "" },
  ];
}

function configuration(args: PlainArgs, ownCertificate: boolean): ManagedFile {
  const content = renderPrometheusConfig(args, ownCertificate);
  return { path: "/etc/prometheus/prometheus.yml", mode: "0644", owner: "root:root", content };
}

/**
 * The content of `prometheus.yml`.
 *
 * @param ownCertificate whether the server's certificate is one that only the master's file vouches for
 */
export function renderPrometheusConfig(args: PlainArgs, ownCertificate: boolean): string {
  return renderConfigFor(queueName(args, ownCertificate), args, ownCertificate);
}

/**
 * A name for remote write's queue that changes with everything that makes Prometheus start a new one: its own
 * settings and the external labels. What runs on the node is told by it.
 * Source: `ApplyConfig` in https://github.com/prometheus/prometheus/blob/v2.53.3/storage/remote/write.go
 */
function queueName(args: PlainArgs, ownCertificate: boolean): string {
  const { global, remote_write } = parse(renderConfigFor("", args, ownCertificate)) as {
    global: { external_labels: unknown };
    remote_write: unknown;
  };
  const content = JSON.stringify([global.external_labels, remote_write]);
  return `pi-monitoring-${createHash("sha256").update(content).digest("hex").slice(0, 8)}`;
}

function renderConfigFor(queue: string, args: PlainArgs, ownCertificate: boolean): string {
  return render(join(__dirname, "prometheus.yml.mustache"), "yaml", {
    ...args.settings,
    ...sizing(args),
    masterTarget: `${args.node.host}:9090`,
    nodeTargets: args.nodes.map(({ host }) => `${host}:9100`),
    queueName: queue,
    remoteWriteUrl: args.remoteWriteUrl,
    credentialFile,
    caFile: ownCertificate && certificateFile,
  });
}

function sizing({ nodes, settings }: PlainArgs): PrometheusSizing {
  return sizePrometheus(nodes, settings.scrapeInterval);
}
