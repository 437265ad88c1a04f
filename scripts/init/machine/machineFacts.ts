import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { usualPorts } from "../../../components/settings/listeners";
import { sshCommand, type SshMachine } from "../../../components/machine/ssh";
import { $, printedValues } from "../../cli/shell";
import { UserError } from "../../../components/userError";
import { explainLogin } from "./login";

export type Daemon = keyof typeof usualPorts;

/** The output of `machineFacts.sh`, which documents the values. */
export interface MachineFacts {
  readonly hostname: string;
  /** The output of `uname -m`. */
  readonly architecture: string;
  /** The version of the Docker engine, or `missing`; unset if it does not answer. */
  readonly docker?: string;
  /** `podman` if `docker` is that, `rootless` for an engine that may not publish ports 80 and 443. */
  readonly dockerKind?: string;
  /** `none` for a server with IPv6 only. */
  readonly ipv4?: string;
  /** Why the Docker engine does not answer. */
  readonly dockerError?: string;
  /** The name of the system, for messages only. */
  readonly osName?: string;
  /** The version of systemd; unset if the machine was not started by it. */
  readonly systemd?: string;
  /** Whether apt has lists of packages; unset without apt. */
  readonly apt?: string;
  /** The versions of packages that apt offers; empty for a package that it does not offer. */
  readonly packages: Readonly<Record<string, string>>;
  readonly sudo?: string;
  /** `none` if sudo asks for a password and the user has none. */
  readonly password?: string;
  /** The running daemons that this program does not manage, each with its control group. */
  readonly others: readonly { readonly daemon: Daemon; readonly group: string }[];
  /** The running daemons of this program. */
  readonly own: readonly Daemon[];
}

/**
 * Logs in and runs `machineFacts.sh`.
 *
 * @throws UserError if the login fails, or no POSIX shell answers
 */
export async function readMachineFacts(machine: SshMachine, kind: "server" | "node"): Promise<MachineFacts> {
  const input = await readFile(join(__dirname, "machineFacts.sh"));
  const run = $({ nothrow: true, timeout: "40s", input });
  const { exitCode, stdout, stderr } = await run`${sshCommand(machine, "sh", "-s", kind)}`;
  if (exitCode !== 0) {
    throw new UserError(explainLogin(stderr, machine));
  }
  return parseMachineFacts(stdout, machine);
}

/** @throws UserError if the output is not of the script */
export function parseMachineFacts(output: string, { user, host }: SshMachine): MachineFacts {
  const values = [...output.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]);
  const { hostname, architecture, ...rest } = Object.fromEntries(values) as Record<
    string,
    string | undefined
  >;
  if (hostname === undefined || architecture === undefined) {
    // Some cloud images accept root only to name the user that may log in.
    throw new UserError(`${user}@${host} has no shell that answers, only: ${output.trim()}`);
  }
  const pairsOf = (name: string): [string, string][] =>
    printedValues(output, name).map((value) => value.split(" ", 2) as [string, string]);
  return {
    ...rest,
    hostname,
    architecture,
    packages: Object.fromEntries(pairsOf("package")),
    others: pairsOf("daemon").map(([daemon, group]) => ({ daemon: daemon as Daemon, group })),
    own: printedValues(output, "own") as Daemon[],
  };
}
