import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import {
  type Managed,
  type ManagedDaemon,
  type ManagedFile,
  fileStates,
  rootFile,
  unitFile,
} from "../machine/installed";
import { RemoteScript } from "../machine/remoteScript";
import { debianExporter, type Exporter, packageOf } from "../settings/exporters";
import type { Listener } from "../settings/listeners";
import type { NodeSettings } from "../settings/settings";
import { render } from "../template";
import { renderProbeModules } from "./internetProbes";
import { nodeResources } from "./resourceNames";
import { type ScrapeJob, targetOnNode } from "./scrapeJobs";
import { sshMachineOf } from "./sshMachine";

const configurationFolder = "/etc/pi-monitoring";

const unitOf = ({ name }: Exporter): string => `pi-monitoring-${name}-exporter.service`;

/** The exporters of a node, beside node_exporter: one script for all. Its removal undoes the set-up. */
export class Exporters extends RemoteScript {
  constructor(node: NodeSettings, opts: pulumi.CustomResourceOptions) {
    const args = { machine: sshMachineOf(node), script: renderExporters(node) };
    super(nodeResources.exporters(node.name), args, opts);
  }
}

/** The shell script that sets the exporters of a node up; it holds no secret. */
export function renderExporters(node: NodeSettings): string {
  return render(join(__dirname, "exporters.sh.mustache"), "shell", {
    node: node.name,
    configurationFolder,
    names: node.exporters.map(({ name }) => name).join(" "),
    exporters: node.exporters.map((exporter) => {
      const daemon = daemonOn(node, exporter);
      return {
        name: exporter.name,
        package: packageOf(exporter),
        port: exporter.port,
        address: listenerOn(node, exporter).listenAddress ?? "",
        daemon: { ...daemon, arguments: daemon.arguments.join(" ") },
        unitFile: unitFile(daemon.unit, renderExporterUnit(node, exporter)),
        // No setting of a node's has the port of the probes.
        setting: exporter.probes === undefined ? `exporters.${exporter.name}` : `presets.${exporter.name}`,
        configuration: configurationOf(exporter) ?? "",
      };
    }),
  });
}

/** What the set-up leaves on a node. */
export function managedExporters(node: NodeSettings): Managed {
  return {
    packages: [...new Set(node.exporters.map(packageOf))],
    files: fileStates(node.exporters.flatMap((exporter) => filesOf(node, exporter))),
    daemons: node.exporters.map((exporter) => daemonOn(node, exporter)),
    units: [],
    metrics: [],
    disks: [],
  };
}

function filesOf(node: NodeSettings, exporter: Exporter): ManagedFile[] {
  const unit = unitFile(unitOf(exporter), renderExporterUnit(node, exporter));
  const configuration = configurationOf(exporter);
  return configuration === undefined
    ? [unit]
    : [unit, rootFile(configurationFile(exporter), "0644", configuration)];
}

function configurationFile({ name }: Exporter): string {
  return `${configurationFolder}/${name}.yml`;
}

function daemonOn(node: NodeSettings, exporter: Exporter): ManagedDaemon {
  const { olderFlag } = debianExporter(exporter.name);
  const [first = "", ...others] = argumentsOf(node, exporter);
  return {
    unit: unitOf(exporter),
    program: `/usr/bin/${packageOf(exporter)}`,
    // Of a flag with two names, only what both have in common is known here.
    arguments: [olderFlag === undefined ? first : first.replace(/^[^=]*/, ""), ...others],
  };
}

/** The content of a configuration file of this program's. */
function configurationOf({ probes }: Exporter): string | undefined {
  return probes && renderProbeModules(probes);
}

/** Where an exporter listens. */
function listenerOn({ nodeExporter }: NodeSettings, { port, listenAddress }: Exporter): Listener {
  return { port, listenAddress: listenAddress ?? nodeExporter.listenAddress };
}

/** All arguments, with the newest flags. */
function argumentsOf(node: NodeSettings, exporter: Exporter): string[] {
  const { listen, configuration } = debianExporter(exporter.name);
  return [
    ...listen(listenerOn(node, exporter)),
    ...(configuration === undefined ? [] : configurationArguments(configuration, exporter)),
    ...exporter.arguments,
  ];
}

/** The argument for the configuration file, unless it is among the user's: the flag may not be there twice. */
function configurationArguments(
  { flag, file }: { readonly flag: string; readonly file: string },
  exporter: Exporter,
): string[] {
  if (exporter.probes !== undefined) {
    return [`${flag}=${configurationFile(exporter)}`];
  }
  return exporter.arguments.some((each) => each.startsWith(`${flag}=`)) ? [] : [`${flag}=${file}`];
}

/** The systemd unit of an exporter. */
export function renderExporterUnit(node: NodeSettings, exporter: Exporter): string {
  const { olderFlag, capabilities = [], environment = [] } = debianExporter(exporter.name);
  const { program } = daemonOn(node, exporter);
  const words = argumentsOf(node, exporter);
  return render(join(__dirname, "pi-monitoring-exporter.service.mustache"), "systemd", {
    name: exporter.name,
    capabilities,
    environment,
    ...(olderFlag === undefined
      ? { program, words }
      : { program: "/bin/sh", words: ["-c", launcher(words[0] ?? "", olderFlag), program, ...words] }),
  });
}

/** A command of the shell that starts its first word with the flag that this version knows. */
function launcher(first: string, olderFlag: string): string {
  const newerFlag = first.replace(/=.*/, "");
  const asks = `"$0" --help 2>&1 | grep -qF -e ${newerFlag}`;
  return `${asks} && exec "$0" "$@"; where=\${1#*=}; shift; exec "$0" "${olderFlag}=$where" "$@"`;
}

/**
 * The jobs of the exporters on these nodes, each with the name of its exporter. Those that probe other machines report
 * on themselves: a probe is a job of the user's, or of the preset `internet`.
 */
export function exporterJobs(nodes: readonly NodeSettings[]): ScrapeJob[] {
  const ofUser = nodes.flatMap(({ exporters }) => exporters.filter(({ probes }) => probes === undefined));
  const names = [...new Set(ofUser.map(({ name }) => name))].sort();
  return names.map((name) => ({
    job_name: name,
    static_configs: nodes.flatMap((node) =>
      node.exporters
        .filter((exporter) => exporter.name === name)
        .map((exporter) => targetOnNode(node, listenerOn(node, exporter))),
    ),
  }));
}
