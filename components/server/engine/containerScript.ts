import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { ServerEngine } from "./serverEngine";

export interface ContainerScriptArgs {
  readonly engine: ServerEngine;
  readonly container: ScriptPlace;
  /** A POSIX shell script, idempotent; it may hold secrets. */
  readonly script: pulumi.Input<string>;
  /** Values of which a change replaces what the script has made. */
  readonly triggers?: readonly string[];
  /**
   * The local command that runs instead of `run` when only the script has changed; `run` hands the script to the
   * container. `$PULUMI_COMMAND_STDOUT` holds what the script printed last.
   */
  readonly update?: (run: string) => string;
  /** The local command that runs when the script is no longer part of the program. */
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
    const { update, remove } = args;
    const run = runCommand(args);
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

/** The local command that hands a script on standard input to the container. */
function runCommand({ engine, container }: ContainerScriptArgs): pulumi.Output<string> {
  return "name" in container
    ? pulumi.output(container.name).apply((name) => engine.dockerCommand(...scriptWords({ name })))
    : pulumi.output(engine.dockerCommand(...scriptWords(container)));
}

/** The words after `docker` that run a script, given on standard input, at a place. */
export function scriptWords(place: PlainPlace): string[] {
  return "name" in place
    ? ["exec", "-i", place.name, "sh", "-s"]
    : ["run", "--rm", "-i", "--network", place.network, "--entrypoint", "sh", place.image, "-s"];
}
