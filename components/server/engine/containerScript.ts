import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { ServerEngine } from "./serverEngine";

export interface ContainerScriptArgs {
  readonly engine: ServerEngine;
  /** Where it runs. */
  readonly place: ScriptPlace;
  /** A POSIX shell script, idempotent; it may hold secrets. */
  readonly script: pulumi.Input<string>;
  /** The argument with which it runs, and that with which it undoes what it has done; unset, it undoes nothing. */
  readonly verbs?: { readonly apply?: string; readonly remove?: string };
  /** Values of which a change replaces what the script has made. */
  readonly triggers?: readonly string[];
  /**
   * The local command that runs instead of `run` when only the script has changed; `run` hands the script to the
   * container. `$PULUMI_COMMAND_STDOUT` holds what the script printed last.
   */
  readonly update?: (run: string) => string;
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
    const { update, verbs } = args;
    const run = runCommand(args, verbs?.apply);
    super(
      name,
      {
        create: run,
        update: update && run.apply((command) => update(command)),
        delete: verbs?.remove === undefined ? undefined : runCommand(args, verbs.remove).apply(unlessGone),
        stdin: pulumi.secret(args.script),
        triggers: args.triggers === undefined ? undefined : [...args.triggers],
        logging: "none",
      },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["stdout", "stderr"] }),
    );
  }
}

/** The local command that hands a script on standard input to the container. */
function runCommand({ engine, place }: ContainerScriptArgs, verb?: string): pulumi.Output<string> {
  return "name" in place
    ? pulumi.output(place.name).apply((name) => engine.dockerCommand(...scriptWords({ name }, verb)))
    : pulumi.output(engine.dockerCommand(...scriptWords(place, verb)));
}

/** A container that was removed by hand has nothing to undo, and is no failure. */
export function unlessGone(command: string): string {
  return `output=$(${command} 2>&1) || case $output in *"No such container"*) ;; *) printf '%s\\n' "$output" >&2; exit 1 ;; esac`;
}

/** The words after `docker` that run a script, given on standard input, at a place. */
export function scriptWords(place: PlainPlace, verb?: string): string[] {
  const words =
    "name" in place
      ? ["exec", "-i", place.name, "sh", "-s"]
      : ["run", "--rm", "-i", "--network", place.network, "--entrypoint", "sh", place.image, "-s"];
  return verb === undefined ? words : [...words, "--", verb];
}
