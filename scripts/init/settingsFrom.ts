import type { Vps } from "../../components/settings/settings";
import type { SshMachine } from "../../components/machine/ssh";
import type { Adopted } from "./checks/adoption";
import { contactPointsOf, type Email, type InfluxAccess, type Node } from "./checks/checks";
import type { WrittenSettings } from "./settingsFile";

/** What is right after all questions. */
export interface Answers {
  readonly domain: string;
  readonly vps: Vps;
  /** The first one is the master. */
  readonly nodes: readonly Node[];
  readonly email: Email | null;
  /** What is used and not made. */
  readonly adopted: Adopted;
  /** Of an InfluxDB that is used. */
  readonly influxdb?: InfluxAccess | undefined;
}

/** The settings that say what was answered, and nothing that is the default. */
export function settingsFrom({ domain, vps, nodes, email, adopted, influxdb }: Answers): WrittenSettings {
  return {
    domain,
    vps: { host: vps.host, ...differing("port", vps, "root") },
    nodes: nodes.map((node, index) => ({
      name: node.name,
      host: node.host,
      ...differing("sshPort", node, "pi"),
      ...(index === 0 ? { master: true } : {}),
      ...Object.fromEntries(Object.entries(node.ports).map(([daemon, port]) => [daemon, { port }])),
    })),
    ...adopted,
    ...(influxdb === undefined
      ? {}
      : { influxdb: { ...adopted.influxdb, org: influxdb.org, bucket: influxdb.bucket } }),
    ...(email === null ? {} : { contactPoints: contactPointsOf(email) }),
  };
}

function differing(portName: string, { port, user, key, hostKey }: SshMachine, defaultUser: string): object {
  return {
    ...(port === 22 ? {} : { [portName]: port }),
    ...(user === defaultUser ? {} : { user }),
    ...(key === "~/.ssh/id_ed25519" ? {} : { key }),
    hostKey,
  };
}
