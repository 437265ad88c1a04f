import { usualPorts } from "../../../components/settings/listeners";
import { UserError } from "../../../components/userError";
import { describeGroup, type PortOwner, unknownOwner } from "../../remote/portOwners";
import { warn, type Warning } from "../checkResult";
import type { Daemon, MachineFacts } from "../machine/machineFacts";

/** The last port that is proposed. */
const lastPort = 9199;

const titles: Readonly<Record<Daemon, string>> = { nodeExporter: "node_exporter", prometheus: "Prometheus" };

/** Another port for a daemon whose usual port is taken. */
export interface PortProposal {
  /** The address of the node. */
  readonly host: string;
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
export function proposePorts(
  facts: MachineFacts,
  owners: readonly PortOwner[],
  host: string,
  isMaster: boolean,
): PortProposal[] {
  const daemons: readonly Daemon[] = isMaster ? ["nodeExporter", "prometheus"] : ["nodeExporter"];
  const taken = new Set(owners.map(({ port }) => port));
  return daemons
    .filter((daemon) => !facts.own.includes(daemon))
    .flatMap((daemon) => {
      const usual = usualPorts[daemon];
      let port: number = usual;
      while (taken.has(port)) {
        port++;
      }
      if (port > lastPort) {
        throw new UserError(
          `${host}: no port from ${usual} to ${lastPort} is free for ${titles[daemon]}: \`sudo ss -ltnp\` there lists what has them.`,
        );
      }
      // Prometheus must not get the port of node_exporter.
      taken.add(port);
      return port === usual ? [] : [{ host, daemon, owner: ownerOf(facts, owners, daemon), port }];
    });
}

/** The proposals for all nodes, to be confirmed. */
export function portWarnings(proposals: readonly PortProposal[]): Warning[] {
  const lines = proposals.map(
    ({ host, daemon, owner, port }) =>
      `${host}: ${owner} has port ${usualPorts[daemon]}; this program's ${titles[daemon]} takes ${port}.`,
  );
  return warn(lines, "Continue with these ports? The other programs keep theirs.");
}

/** The daemons on a node that this program does not manage, one line each. */
export function describeOthers({ others }: MachineFacts, host: string): string[] {
  const lines = others.map(({ daemon, group }) => {
    const name = describeGroup(group);
    return `${host}: ${titles[daemon]} already runs there${name === undefined ? "" : ` (${name})`}; it stays as it is.`;
  });
  return [...new Set(lines)];
}

function ownerOf({ others }: MachineFacts, owners: readonly PortOwner[], daemon: Daemon): string {
  const owner = owners.find(({ port }) => port === usualPorts[daemon]);
  if (owner !== undefined && owner.name !== unknownOwner) {
    return owner.name;
  }
  // It is most likely the daemon that usually has this port.
  const likely = others.find((other) => other.daemon === daemon);
  return likely === undefined
    ? "another program"
    : (describeGroup(likely.group) ?? `another ${titles[daemon]}`);
}
