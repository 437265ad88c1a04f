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

/** Beside the service and timer of the textfiles, as a disk that fails may answer after minutes. */
const disks = {
  packages: ["smartmontools"],
  timer: "pi-monitoring-disks.timer",
  service: "pi-monitoring-disks.service",
  textfile: `${textfileFolder}/disks.prom`,
  conditionFolder: "/etc/systemd/system/prometheus-node-exporter-smartmon.timer.d",
} as const;

const pi5 = {
  script: `${programFolder}/raspberrypi_power`,
  textfile: `${textfileFolder}/raspberrypi-power.prom`,
} as const;

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
  readonly presets: Settings["presets"];
}

/** A Raspberry Pi with node_exporter, raspberrypi_exporter and scripts for further metrics. Its removal undoes the set-up. */
export class PiNode extends pulumi.ComponentResource {
  constructor(name: string, args: PiNodeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:PiNode", name, {}, opts);
    new RemoteScript(
      nodeResources.node(name),
      { machine: sshMachineOf(args.node), script: renderNodeSetup(args) },
      { parent: this },
    );
    this.registerOutputs({});
  }
}

/** The shell script that sets the node up; it holds no secret. */
export function renderNodeSetup({ node, exporter, presets }: PiNodeArgs): string {
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
    files: files(presets),
    timer,
    service,
    disks: { ...disks, isOn: presets.disks, files: diskFiles() },
    pi5: { ...pi5, isOn: presets.pi5 },
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
export function managedOnNode({ node, exporter, presets }: PiNodeArgs): Managed {
  const own = [unitFile(unit, renderNodeExporterUnit(node)), ...files(presets)];
  return {
    packages: [...packages, ...(presets.disks ? disks.packages : [])],
    files: [exporterState(exporter), ...fileStates([...own, ...(presets.disks ? diskFiles() : [])])],
    daemons: [daemonOn(node)],
    units: [timer, ...(presets.disks ? [disks.timer] : [])],
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

/** The systemd unit that writes the textfiles every 15 seconds. */
export function renderTextfilesUnit(presets: Settings["presets"]): string {
  const view = { programFolder, scripts: textfileScripts(presets) };
  return render(join(__dirname, "pi-monitoring-textfiles.service.mustache"), "systemd", view);
}

/** The scripts that it runs, in their order. */
function textfileScripts(presets: Settings["presets"]): string[] {
  return [
    "raspberrypi_metrics",
    "raspberrypi_throttled",
    ...(presets.pi5 ? ["raspberrypi_power"] : []),
    "link_textfiles",
  ];
}

function files(presets: Settings["presets"]): ManagedFile[] {
  return [
    ...textfileScripts(presets).map(scriptFile),
    unitFile(service, renderTextfilesUnit(presets)),
    unitFile(timer, source(timer)),
  ];
}

/** What reads the disks; kept on a node as long as the preset is on. */
function diskFiles(): ManagedFile[] {
  return [
    scriptFile("disk_metrics"),
    unitFile(disks.service, source(disks.service)),
    unitFile(disks.timer, source(disks.timer)),
    rootFile(`${disks.conditionFolder}/pi-monitoring.conf`, "0644", source("smartmon_timer.conf")),
  ];
}

function scriptFile(name: string): ManagedFile {
  return rootFile(`${programFolder}/${name}`, "0755", source(`${name}.sh`));
}

function source(name: string): string {
  return readFileSync(join(__dirname, "files", name), "utf8");
}
