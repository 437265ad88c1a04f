import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import {
  type FileState,
  type Managed,
  type ManagedDaemon,
  type ManagedFile,
  fileStates,
  programFolder,
  rootFile,
  unitFile,
} from "../machine/installed";
import { RemoteScript } from "../machine/remoteScript";
import { webListenAddress } from "../settings/listeners";
import { withArguments } from "../settings/nodeExporterArguments";
import type { NodeSettings, Settings } from "../settings/settings";
import { render } from "../template";
import { fileSystemArguments } from "./fileSystems";
import { nodeResources } from "./resourceNames";
import { sshMachineOf } from "./sshMachine";

/** In memory: rewritten every 15 seconds, it would wear out an SD card. */
const textfileFolder = "/run/pi-monitoring/textfiles";

const packages = [
  "ca-certificates",
  "curl",
  "prometheus-node-exporter",
  "prometheus-node-exporter-collectors",
] as const;

const unit = "pi-monitoring-node-exporter.service";
const timer = "pi-monitoring-textfiles.timer";
/** What the timer starts. */
const service = "pi-monitoring-textfiles.service";

const metrics = [
  { path: `${textfileFolder}/raspberrypi-metrics.prom`, needsFirmware: false },
  { path: `${textfileFolder}/raspberrypi-throttled.prom`, needsFirmware: true },
] as const;

function daemonOn({ nodeExporter }: NodeSettings): ManagedDaemon {
  return {
    unit,
    program: "/usr/bin/prometheus-node-exporter",
    arguments: withArguments(
      [
        `--web.listen-address=${webListenAddress(nodeExporter)}`,
        `--collector.textfile.directory=${textfileFolder}`,
        ...fileSystemArguments,
      ],
      nodeExporter.arguments,
    ),
  };
}

export interface PiNodeArgs {
  readonly node: NodeSettings;
  readonly exporter: Settings["exporter"];
}

/** A Raspberry Pi with node_exporter, raspberrypi_exporter and scripts for further metrics. Its removal undoes the set-up. */
export class PiNode extends pulumi.ComponentResource {
  constructor(name: string, args: PiNodeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:PiNode", name, {}, opts);
    new RemoteScript(
      nodeResources.exporters(name),
      { machine: sshMachineOf(args.node), script: renderNodeSetup(args) },
      { parent: this },
    );
    this.registerOutputs({});
  }
}

/** The shell script that sets the node up; it holds no secret. */
export function renderNodeSetup({ node, exporter }: PiNodeArgs): string {
  const daemon = daemonOn(node);
  return render(join(__dirname, "piNode.sh.mustache"), "shell", {
    node: node.name,
    packages,
    daemon: { ...daemon, arguments: daemon.arguments.join(" ") },
    port: node.nodeExporter.port,
    address: node.nodeExporter.listenAddress ?? "",
    checked: node.nodeExporter.arguments.length > 0 && {
      added: node.nodeExporter.arguments,
      // A test gives it another address.
      own: daemon.arguments.slice(1, -node.nodeExporter.arguments.length),
    },
    ownMetric: `node_textfile_mtime_seconds{file="${metrics[0].path}"}`,
    unitFile: unitFile(unit, renderNodeExporterUnit(node)),
    programFolder,
    textfileFolder,
    exporterUrl: exporter.url,
    exporter: exporterState(exporter),
    files: files(),
    timer,
    service,
    firstRelease,
  });
}

/** What release 0.1.0 has put on a node. */
const firstRelease = {
  textfileFolder: "/var/lib/node_exporter/textfile_collector",
  files: [
    "/usr/local/sbin/raspberrypi_metrics",
    "/usr/local/sbin/raspberrypi_throttled",
    "/etc/systemd/system/raspberrypi_exporter.service",
    "/etc/systemd/system/raspberrypi_exporter.timer",
    "/etc/systemd/system/var-lib-prometheus-node\\x2dexporter.mount",
  ],
} as const;

/** What the set-up leaves on a node. */
export function managedOnNode({ node, exporter }: PiNodeArgs): Managed {
  return {
    packages,
    files: [
      exporterState(exporter),
      ...fileStates([unitFile(unit, renderNodeExporterUnit(node)), ...files()]),
    ],
    daemons: [daemonOn(node)],
    units: [timer],
    metrics,
    disks: ["/", "/var"],
  };
}

/** The script is fetched by the node itself. */
function exporterState({ sha256 }: Settings["exporter"]): FileState {
  return { path: `${programFolder}/raspberrypi_exporter`, mode: "0755", owner: "root:root", sha256 };
}

/** The systemd unit of node_exporter. */
export function renderNodeExporterUnit(node: NodeSettings): string {
  const view = { ...daemonOn(node), textfileFolder };
  return render(join(__dirname, "pi-monitoring-node-exporter.service.mustache"), "systemd", view);
}

function files(): ManagedFile[] {
  const source = (name: string): string => readFileSync(join(__dirname, "files", name), "utf8");
  return [
    ...["raspberrypi_metrics", "raspberrypi_throttled", "link_textfiles"].map((name) =>
      rootFile(`${programFolder}/${name}`, "0755", source(`${name}.sh`)),
    ),
    ...[service, timer].map((name) => unitFile(name, source(name))),
  ];
}
