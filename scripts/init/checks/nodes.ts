import { isIP } from "node:net";
import type { SshMachine } from "../../../components/machine/ssh";
import { readPortOwners } from "../../remote/portOwners";
import { Server } from "../../remote/server";
import { type Checked, refuse } from "../checkResult";
import type { Address } from "../sshAddress";
import { type Daemon, readMachineFacts } from "../machine/machineFacts";
import { settingsMistakes } from "../settingsFile";
import { type Identified, identify, placeholders } from "./identity";
import { proposePorts } from "./nodePorts";
import { nodeMistakes } from "./requirements";

/** A node as the settings have it. */
export interface Node extends SshMachine {
  readonly name: string;
  /** The ports of the daemons whose usual port is taken there. */
  readonly ports: Partial<Record<Daemon, number>>;
}

export async function checkNodes(addresses: readonly Address[]): Promise<Checked<readonly Identified[]>> {
  const nodes = addresses.map(({ host, port, user }, index) => ({
    // Unique: the real names are known only after a login.
    name: `node-${index}`,
    host,
    sshPort: port,
    user,
    ...placeholders,
    master: index === 0,
  }));
  refuse(settingsMistakes({ nodes }));
  return identify(addresses);
}

/** @throws UserError with everything that is missing for the exporters and Prometheus */
export async function inspectNode(machine: SshMachine, isMaster: boolean) {
  const facts = await readMachineFacts(machine, "node");
  const name = nodeName(machine.host, facts.hostname);
  refuse([...nodeMistakes(facts, machine), nameMistake(name, machine.host)]);
  const owners = (await readPortOwners(new Server(machine))) ?? [];
  const proposals = proposePorts(facts, owners, machine.host, isMaster);
  const ports = Object.fromEntries(proposals.map(({ daemon, port }) => [daemon, port]));
  const node: Node = { ...machine, name, ports };
  return { node, facts, proposals };
}

/** The first label of a node's address, or of its hostname if the address is a number. */
function nodeName(host: string, hostname: string): string {
  const name = isIP(host) === 0 ? host : hostname;
  return name.toLowerCase().replace(/\..*$/, "");
}

/** Why the settings do not take a name. The hostname of a machine may have an underscore. */
function nameMistake(name: string, host: string): string | undefined {
  const [mistake] = settingsMistakes({ nodes: [{ name, host, ...placeholders, master: true }] });
  return mistake === undefined
    ? undefined
    : `${host} is called "${name}", and the name of a node ${mistake.replace(/^.*?: /, "")}: \`sudo hostnamectl set-hostname NAME\` there.`;
}

/** The nodes that have the same name as one before them. */
export function duplicateNames(nodes: readonly Node[]): string[] {
  return nodes.flatMap(({ name, host }, index) => {
    const first = nodes.findIndex((other) => other.name === name);
    return first === index
      ? []
      : [
          `${host} has the name ${name}, as ${nodes[first]?.host ?? ""} has: \`sudo hostnamectl set-hostname NAME\` there.`,
        ];
  });
}
