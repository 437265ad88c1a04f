import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import {
  type FilePrint,
  type Managed,
  type ManagedDaemon,
  type ManagedFile,
  type MetricsFile,
  prints,
} from "../managed";
import type { NodeSettings, Settings } from "../settings";
import { render } from "../template";
import { NodeScript } from "./nodeScript";

/** Where the exporter script writes; it knows no other place. */
const textfileFolder = "/var/lib/node_exporter/textfile_collector";
/** The folder of Debian's package, into which its own collectors write. */
const packageFolder = "/var/lib/prometheus/node-exporter";

const packages = [
  "ca-certificates",
  "curl",
  "prometheus-node-exporter",
  "prometheus-node-exporter-collectors",
] as const;

const timer = "raspberrypi_exporter.timer";
/** What the timer starts. */
const service = "raspberrypi_exporter.service";
/** systemd's name for what is mounted on that folder. */
const mount = "var-lib-prometheus-node\\x2dexporter.mount";

const metrics: readonly MetricsFile[] = [
  { path: `${textfileFolder}/raspberrypi-metrics.prom`, needsFirmware: false },
  { path: `${textfileFolder}/raspberrypi-throttled.prom`, needsFirmware: true },
];

/**
 * File systems that are no disk of the node: the kernel's own, images that are always full, and what other machines
 * hold, whose failure would also block the collector. `fuseblk` is not among them: it is NTFS or exFAT on a disk.
 */
const otherFileSystems = [
  "autofs|bpf|binfmt_misc|cgroup2?|configfs|debugfs|devpts|devtmpfs|efivarfs|fusectl|hugetlbfs|mqueue|nsfs|proc|pstore",
  "ramfs|rpc_pipefs|securityfs|selinuxfs|sysfs|tmpfs|tracefs",
  "cramfs|erofs|iso9660|romfs|squashfs|udf",
  "9p|afs|ceph|cifs|fuse[.].+|glusterfs|lustre|ncpfs|nfs4?|smb3|smbfs|virtiofs",
].join("|");

const daemon: ManagedDaemon = {
  unit: "prometheus-node-exporter",
  defaults: "/etc/default/prometheus-node-exporter",
  arguments: [
    `--collector.textfile.directory=${textfileFolder}`,
    // What is mounted there says nothing of the node.
    "--collector.filesystem.mount-points-exclude=^/(dev|etc|proc|run|sys|tmp|var/lib/(docker|containers|kubelet))(/|$)",
    // Not an overlay, which Debian leaves out: it is / of a node whose SD card is protected. Prometheus drops the others.
    `--collector.filesystem.fs-types-exclude=^(${otherFileSystems})$`,
  ].join(" "),
};

export interface PiNodeArgs {
  readonly node: NodeSettings;
  readonly exporter: Settings["exporter"];
}

/** A Raspberry Pi with node_exporter, raspberrypi_exporter and what else writes for it. Removing it undoes what was done on the node. */
export class PiNode extends pulumi.ComponentResource {
  constructor(name: string, args: PiNodeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:PiNode", name, {}, opts);
    new NodeScript(`${name}-exporters`, { node: args.node, script: renderNodeSetup(args) }, { parent: this });
    this.registerOutputs({});
  }
}

/** The shell script that sets the node up; it holds no secret. */
export function renderNodeSetup({ node, exporter }: PiNodeArgs): string {
  return render(join(__dirname, "piNode.sh.mustache"), "shell", {
    node: node.name,
    textfileFolder,
    packageFolder,
    packages,
    daemon,
    exporterUrl: exporter.url,
    exporter: exporterPrint(exporter),
    files: files(),
    timer,
    service,
    mount,
    metrics: metrics.map(({ path }) => path),
  });
}

/** What the set-up leaves on a node. */
export function managedOnNode({ exporter }: Pick<PiNodeArgs, "exporter">): Managed {
  return {
    packages,
    files: [exporterPrint(exporter), ...prints(files())],
    links: [{ path: textfileFolder, target: packageFolder }],
    daemons: [daemon],
    units: [timer, mount],
    metrics,
    prometheus: false,
    disks: ["/", "/var"],
  };
}

/** The script is fetched by the node itself. */
function exporterPrint({ sha256 }: Settings["exporter"]): FilePrint {
  return { path: "/usr/local/sbin/raspberrypi_exporter", mode: "0755", owner: "root:root", sha256 };
}

function files(): ManagedFile[] {
  const file = (path: string, mode: string, source: string): ManagedFile => {
    return { path, mode, owner: "root:root", content: readFileSync(join(__dirname, source), "utf8") };
  };
  const unit = (name: string, source = name): ManagedFile =>
    file(`/etc/systemd/system/${name}`, "0644", source);
  return [
    file("/usr/local/sbin/raspberrypi_metrics", "0755", "raspberrypi_metrics.sh"),
    file("/usr/local/sbin/raspberrypi_throttled", "0755", "raspberrypi_throttled.sh"),
    unit(service),
    unit(timer),
    unit(mount, "textfiles.mount"),
  ];
}
