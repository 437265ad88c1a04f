import { readFileSync } from "node:fs";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { expandHome, type NodeSettings } from "../settings";

/** Seconds after which a script is killed: a first set-up downloads packages over a slow line. */
const timeLimit = 900;

export interface NodeScriptArgs {
  readonly node: NodeSettings;
  /** A POSIX shell script that takes `apply` or `remove` as its first argument; idempotent. */
  readonly script: pulumi.Input<string>;
}

/**
 * A script that sets something up on a node, and undoes it when it is removed from the program. It runs as root,
 * fed to `sh -s` on standard input, so that no secret in it reaches a command line.
 */
export class NodeScript extends command.remote.Command {
  constructor(name: string, { node, script }: NodeScriptArgs, opts: pulumi.CustomResourceOptions) {
    const run = (verb: string): string => `sudo -n timeout ${timeLimit} sh -s -- ${verb}`;
    super(
      name,
      {
        connection: connectionTo(node),
        create: run("apply"),
        delete: run("remove"),
        stdin: script,
        // It needs AcceptEnv on the node, and would warn without it.
        addPreviousOutputInEnv: false,
      },
      opts,
    );
  }
}

/** A node that is off is given up after half a minute, not after the provider's three. */
function connectionTo(node: NodeSettings): command.types.input.remote.ConnectionArgs {
  return {
    host: node.sshHost ?? node.host,
    port: node.sshPort,
    user: node.user,
    ...(node.key === "agent" ? {} : { privateKey: readFileSync(expandHome(node.key), "utf8") }),
    ...(node.hostKey === "unchecked" ? {} : { hostKey: node.hostKey }),
    dialErrorLimit: 2,
    perDialTimeout: 10,
  };
}
