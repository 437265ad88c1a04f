import type { Vps } from "../../components/settings/settings";
import type { SshMachine } from "../../components/machine/ssh";
import type { Adopted } from "./checks/adoption";
import { contactPointsOf, type Email } from "./checks/email";
import type { InfluxAccess } from "./checks/influxAccess";
import type { Node } from "./checks/nodes";
import type { WrittenSettings } from "./settingsFile";

/** The checked answers to all questions. */
export interface Answers {
  readonly domain: string;
  readonly vps: Vps;
  /** The first one is the master. */
  readonly nodes: readonly Node[];
  readonly email: Email | null;
  /** The settings for what exists. */
  readonly adopted: Adopted;
  /** Access to an existing InfluxDB. */
  readonly influxdb?: InfluxAccess;
  /** Set if sudo asks for a password on nodes. */
  readonly sudo?: { readonly password: string; readonly machines: readonly Node[] };
}

/** The settings for these answers, without those that equal their defaults. */
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

/** The settings that are written encrypted, by their paths. */
export function secretsFrom({ influxdb, email }: Answers): Readonly<Record<string, string | undefined>> {
  return {
    "influxdb.adminToken": influxdb?.adminToken,
    "contactPoints.email.password": email?.password,
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
