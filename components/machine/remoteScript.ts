import { readFileSync } from "node:fs";
import { remote, type types } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { expandHome, type SshHost, type SshMachine } from "./ssh";

/** Seconds after which a script is killed. A first set-up downloads packages, maybe over a slow line. */
const timeLimit = 900;

/** The first argument of a script that runs as root; `inspect` changes nothing, and only scripts of nodes have it. */
const verbs = ["apply", "remove", "inspect"] as const;

/** The line of sudoers with all that a user other than root needs on a node, or for the backup timer on the VPS. */
export function sudoersLine(user: string): string {
  return `${user} ALL=(root) NOPASSWD: ${verbs.map((verb) => `/usr/bin/${command(verb)}`).join(", ")}`;
}

function command(verb: (typeof verbs)[number]): string {
  return `timeout ${timeLimit} sh -s -- ${verb}`;
}

/** The command that runs a script, given on standard input, as root; a server that is used as root may have no sudo. */
export function rootCommand({ user }: Pick<SshMachine, "user">, verb: (typeof verbs)[number]): string {
  return user === "root" ? command(verb) : `sudo -n ${command(verb)}`;
}

export interface RemoteScriptArgs {
  readonly machine: SshMachine;
  /** A POSIX shell script that takes `apply` or `remove` as its first argument; idempotent. */
  readonly script: pulumi.Input<string>;
}

/**
 * A script that sets something up on a machine, and undoes it when it is removed from the program. It runs as root,
 * fed to `sh -s` on standard input, so that no secret in it reaches a command line.
 */
export class RemoteScript extends remote.Command {
  constructor(name: string, { machine, script }: RemoteScriptArgs, opts: pulumi.CustomResourceOptions) {
    super(
      name,
      {
        connection: connectionTo(machine),
        create: rootCommand(machine, "apply"),
        delete: rootCommand(machine, "remove"),
        stdin: script,
        // sshd refuses the variables without AcceptEnv, and Pulumi warns of that.
        addPreviousOutputInEnv: false,
      },
      opts,
    );
  }
}

/**
 * A direct connection fails after two attempts of ten seconds each; with the defaults, after three minutes. Through a jump
 * host, the provider tries again on the connection that has failed: only the first attempt shows the reason. Each script
 * logs in to the jump host, which drops some logins of a burst (MaxStartups).
 * Source: `Dial` in https://github.com/pulumi/pulumi-command/blob/v1.2.1/provider/pkg/provider/remote/connection.go
 */
function connectionTo({ jump, ...machine }: SshMachine): types.input.remote.ConnectionArgs {
  return jump === undefined
    ? { ...loginTo(machine), dialErrorLimit: 1 }
    : { ...loginTo(machine), dialErrorLimit: 0, proxy: { ...loginTo(jump), dialErrorLimit: 4 } };
}

function loginTo({ host, port, user, key, hostKey }: SshHost) {
  return {
    host,
    port,
    user,
    ...(key === "agent" ? {} : { privateKey: readFileSync(expandHome(key), "utf8") }),
    ...(hostKey === "unchecked" ? {} : { hostKey }),
    perDialTimeout: 10,
  };
}
