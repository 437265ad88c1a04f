import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { hostAndPort } from "../../settings/address";
import type { Vps } from "../../settings/settings";
import { quoteWord, sshCommand, sshOptions } from "../../machine/ssh";

/** The Docker engine that runs the server's containers: on the VPS over SSH, or the local one. */
export class ServerEngine extends pulumi.ComponentResource {
  /** The explicit provider that every Docker resource of the server takes. */
  readonly provider: docker.Provider;

  constructor(
    name: string,
    private readonly vps: Vps | "local",
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("pi-monitoring:index:ServerEngine", name, {}, opts);
    this.provider = new docker.Provider(
      `${name}-docker`,
      vps === "local"
        ? {}
        : { host: `ssh://${vps.user}@${hostAndPort(vps.host, vps.port)}`, sshOpts: sshOptions(vps) },
      { parent: this },
    );
    this.registerOutputs({});
  }

  /** A local command line: `docker` with these words, on the server's engine. */
  dockerCommand(...words: string[]): string {
    return dockerCommand(this.vps, ...words)
      .map(quoteWord)
      .join(" ");
  }
}

/** What a script in a container is told, and what becomes of it. */
export interface ContainerScriptArgs {
  readonly engine: ServerEngine;
  readonly container: ScriptPlace;
  /** A POSIX shell script, idempotent; it may hold secrets. */
  readonly script: pulumi.Input<string>;
  /** Values without which what `apply` made is no longer right: another one replaces it. */
  readonly triggers?: readonly string[];
  /**
   * The local command that is run instead of `run` when only the script has changed; `run` hands the script to the
   * container. What was printed last is in `$PULUMI_COMMAND_STDOUT`.
   */
  readonly update?: (run: string) => string;
  /** The local command that is run when the script is no longer part of the program. */
  readonly remove?: (run: string) => string;
}

/** A container that runs, or one that is made for a script and removed after it. */
export type ScriptPlace =
  { readonly name: pulumi.Input<string> } | { readonly image: string; readonly network: string };
type PlainPlace = { readonly name: string } | Exclude<ScriptPlace, { readonly name: unknown }>;

/**
 * A script that runs inside a container on the server, fed to `sh -s` on standard input, so that no secret in
 * it reaches a command line. What it does must last longer than the container, on a volume: a re-created
 * container is no reason to run it again, and a preview that bumps an image shows that and no more.
 */
export class ContainerScript extends command.local.Command {
  constructor(name: string, args: ContainerScriptArgs, opts: pulumi.CustomResourceOptions) {
    const { engine, container: place, update, remove } = args;
    const run =
      "name" in place
        ? pulumi
            .output(place.name)
            .apply((container) => engine.dockerCommand(...scriptWords({ name: container })))
        : pulumi.output(engine.dockerCommand(...scriptWords(place)));
    super(
      name,
      {
        create: run,
        update: update && run.apply((command) => update(command)),
        delete: remove && run.apply((command) => remove(command)),
        stdin: pulumi.secret(args.script),
        triggers: args.triggers === undefined ? undefined : [...args.triggers],
        logging: "none",
      },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["stdout", "stderr"] }),
    );
  }
}

/** What `docker` is told to run a script, given on standard input, at a place. */
export function scriptWords(place: PlainPlace): string[] {
  return "name" in place
    ? ["exec", "-i", place.name, "sh", "-s"]
    : ["run", "--rm", "-i", "--network", place.network, "--entrypoint", "sh", place.image, "-s"];
}

/** An `update` that tells the script, in variables, lines of what was printed last, counted from 1. */
export function printedBefore(lines: Readonly<Record<string, number>>): (run: string) => string {
  const assignments = Object.entries(lines).map(([name, line]) => `${line}s/.*/${name}='&'/p`);
  return (run) =>
    `{ printf '%s\\n' "$PULUMI_COMMAND_STDOUT" | sed -n "${assignments.join("; ")}"; cat; } | ${run}`;
}

/** The program and arguments that run `docker` on the server's engine from this machine. */
export function dockerCommand(vps: Vps | "local", ...words: string[]): string[] {
  return serverCommand(vps, "docker", ...words);
}

/** The program and arguments that run `argv` on the server from this machine. */
export function serverCommand(vps: Vps | "local", ...argv: string[]): string[] {
  return vps === "local" ? argv : sshCommand(vps, ...argv);
}
