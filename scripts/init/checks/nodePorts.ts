import { usualPorts } from "../../../components/settings/listeners";
import { UserError } from "../../../components/userError";
import type { Warning } from "../questionLoop";
import type { Daemon, MachineFacts } from "../machine/machineFacts";

/** The last port that `machineFacts.sh` looks at. */
const lastPort = 9199;

const titles: Readonly<Record<Daemon, string>> = { nodeExporter: "node_exporter", prometheus: "Prometheus" };

/** Another port for a daemon whose usual port is taken. */
export interface PortProposal {
  readonly daemon: Daemon;
  /** The name of what has the usual port. */
  readonly owner: string;
  readonly port: number;
}

/**
 * Free ports for the daemons whose usual port is taken on a node.
 *
 * @throws UserError if no port above the usual one is free
 */
export function proposePorts(facts: MachineFacts, host: string, isMaster: boolean): PortProposal[] {
  const daemons: readonly Daemon[] = isMaster ? ["nodeExporter", "prometheus"] : ["nodeExporter"];
  // Prometheus must not get the port of node_exporter.
  const given = new Set<number>();
  return daemons
    .filter((daemon) => !facts.own.includes(daemon))
    .flatMap((daemon) => {
      const usual = usualPorts[daemon];
      let port: number = usual;
      while (facts.taken.has(port) || given.has(port)) {
        port++;
      }
      if (port > lastPort) {
        throw new UserError(
          `${host}: no port from ${usual} to ${lastPort} is free for ${titles[daemon]}: \`sudo ss -ltnp\` there lists what has them.`,
        );
      }
      given.add(port);
      return port === usual ? [] : [{ daemon, owner: ownerOf(facts, daemon), port }];
    });
}

/** The ports as the settings of a node have them. */
export function portsOf(proposals: readonly PortProposal[]): Partial<Record<Daemon, number>> {
  return Object.fromEntries(proposals.map(({ daemon, port }) => [daemon, port]));
}

/** The proposals for all nodes, to be confirmed. */
export function portWarnings(
  nodes: readonly { readonly host: string; readonly proposals: readonly PortProposal[] }[],
): Warning[] {
  const lines = nodes.flatMap(({ host, proposals }) =>
    proposals.map(
      ({ daemon, owner, port }) =>
        `${host}: ${owner} has port ${usualPorts[daemon]}; this program's ${titles[daemon]} takes ${port}.`,
    ),
  );
  return lines.length === 0
    ? []
    : [
        {
          lines,
          question: "Continue with these ports? The other programs keep theirs.",
          flag: "yes",
        },
      ];
}

/** The daemons on a node that this program does not manage, one line each. */
export function describeOthers({ others }: MachineFacts, host: string): string[] {
  const lines = others.map(({ daemon, group }) => {
    const name = nameOf(group);
    return `${host}: ${titles[daemon]} already runs there${name === undefined ? "" : ` (${name})`}; it stays as it is.`;
  });
  return [...new Set(lines)];
}

function ownerOf({ taken, others }: MachineFacts, daemon: Daemon): string {
  const group = taken.get(usualPorts[daemon]) ?? "";
  // If the kernel does not show the owner, it is most likely the daemon that usually has this port.
  const likely = others.find((other) => other.daemon === daemon);
  return (
    nameOf(group) ??
    (likely === undefined ? "another program" : (nameOf(likely.group) ?? `another ${titles[daemon]}`))
  );
}

/** The name of a control group, if it means something to the user. */
function nameOf(group: string): string | undefined {
  const name = group.split("/").at(-1) ?? "";
  if (name.endsWith(".service")) {
    return name;
  }
  // The names that Docker, containerd, CRI-O and Podman give.
  return /^(docker|cri-containerd|crio|libpod)-|^[0-9a-f]{64}$/.test(name) ? "a container" : undefined;
}
