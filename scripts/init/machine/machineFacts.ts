import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { usualPorts } from "../../../components/settings/listeners";
import { sshCommand, type SshMachine } from "../../../components/machine/ssh";
import { $ } from "../../cli/shell";
import { UserError } from "../../../components/userError";
import { explainLogin } from "./login";

export type Daemon = keyof typeof usualPorts;

/** What a machine says of itself; which values are possible, `machineFacts.sh` tells. */
export interface MachineFacts {
  readonly hostname: string;
  /** As `uname -m` says it. */
  readonly architecture: string;
  /** The version of the Docker engine, or `missing`; unset if it does not answer. */
  readonly docker?: string;
  /** `podman` where that answers `docker`, `rootless` for an engine that may not have the portal's ports. */
  readonly dockerKind?: string;
  /** `none` for a server that has IPv6 only. */
  readonly ipv4?: string;
  /** Why the Docker engine does not answer. */
  readonly dockerError?: string;
  /** Which of the portal's ports somebody listens on. */
  readonly listens: readonly number[];
  /** What the system calls itself; only for messages. */
  readonly osName?: string;
  /** The version of systemd; unset where the machine was not started by it. */
  readonly systemd?: string;
  /** Whether apt has lists of packages; unset where there is no apt. */
  readonly apt?: string;
  /** The versions of packages that apt offers, by their lists; empty for one that it does not. */
  readonly packages: Readonly<Record<string, string>>;
  readonly sudo?: string;
  /** `none` where sudo asks the user for a password and the user has none. */
  readonly password?: string;
  /** The ports of 9090 to 9199 that somebody listens on, each with the control group of who it is; empty if unknown. */
  readonly taken: ReadonlyMap<number, string>;
  /** The daemons that run there and are not this program's, each with its control group. */
  readonly others: readonly { readonly daemon: Daemon; readonly group: string }[];
  /** The daemons of this program that run there. */
  readonly own: readonly Daemon[];
}

/**
 * Logs in and looks around.
 *
 * @throws UserError where nobody is let in, or no POSIX shell answers
 */
export async function readMachineFacts(machine: SshMachine, kind: "server" | "node"): Promise<MachineFacts> {
  const input = await readFile(join(__dirname, "machineFacts.sh"));
  const { exitCode, stdout, stderr } = await $({
    nothrow: true,
    timeout: "20s",
    input,
  })`${sshCommand(machine, "sh", "-s", kind)}`;
  if (exitCode !== 0) {
    throw new UserError(explainLogin(stderr, machine));
  }
  return parseMachineFacts(stdout, machine);
}

/** @throws UserError for what no shell would say */
export function parseMachineFacts(output: string, { user, host }: SshMachine): MachineFacts {
  const lines = output.split("\n").flatMap((line) => {
    const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value] as const];
  });
  const { hostname, architecture, ...rest } = Object.fromEntries(lines) as Record<string, string | undefined>;
  if (hostname === undefined || architecture === undefined) {
    // Some images of a cloud let root in only to say that it is somebody else who may.
    throw new UserError(`${user}@${host} has no shell that answers; it says: ${output.trim()}`);
  }
  const valuesOf = (wanted: string): string[] =>
    lines.filter(([name]) => name === wanted).map(([, value]) => value);
  const pairsOf = (wanted: string): [string, string][] =>
    valuesOf(wanted).map((value) => value.split(" ", 2) as [string, string]);
  return {
    ...rest,
    hostname,
    architecture,
    listens: valuesOf("listens").map(Number),
    packages: Object.fromEntries(pairsOf("package")),
    taken: new Map(pairsOf("port").map(([port, group]) => [Number(port), group])),
    others: pairsOf("daemon").map(([daemon, group]) => ({ daemon: daemon as Daemon, group })),
    own: valuesOf("own") as Daemon[],
  };
}
