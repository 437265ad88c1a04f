import { randomBytes } from "node:crypto";
import type { Readable, Writable } from "node:stream";
import { z } from "zod";
import type { Context, Properties, Resource } from "../resource";

/** The inputs that local and remote commands share. */
export const commandInputs = z.object({
  create: z.string().optional(),
  update: z.string().optional(),
  delete: z.string().optional(),
  stdin: z.string().optional(),
  triggers: z.array(z.unknown()).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  logging: z.enum(["none", "stdout", "stderr", "stdoutAndStderr"]).default("stdoutAndStderr"),
  addPreviousOutputInEnv: z.boolean().default(true),
});

const outputsSchema = z.object({ stdout: z.string().default(""), stderr: z.string().default("") });

/** A command line that runs somewhere. */
export interface Process {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** How it ended, if it failed. */
  readonly failure: Promise<string | undefined>;
}

type Verb = "create" | "update" | "delete";
type Environment = Readonly<Record<string, string>>;

/** @param start starts a command line: on this machine, or on the one that the inputs connect to */
export function commandResource<I extends typeof commandInputs>(
  inputs: I,
  start: (command: string, environment: Environment, inputs: z.infer<I>) => Process | Promise<Process>,
): Resource {
  async function run(verb: Verb, news: Properties, state: Properties, { log }: Context): Promise<Properties> {
    const parsed = inputs.parse(news);
    const { stdout, stderr } = outputsSchema.parse(state);
    const command = verb === "update" ? (parsed.update ?? parsed.create) : parsed[verb];
    if (command === undefined) {
      return { stdout, stderr };
    }
    const previous = { PULUMI_COMMAND_STDOUT: stdout, PULUMI_COMMAND_STDERR: stderr };
    const environment = { ...parsed.environment, ...(parsed.addPreviousOutputInEnv ? previous : {}) };
    const running = await start(command, environment, parsed);
    const output = { stdout: "", stderr: "", both: "" };
    for (const name of ["stdout", "stderr"] as const) {
      running[name].setEncoding("utf8").on("data", (chunk: string) => {
        output[name] += chunk;
        output.both += chunk;
        if (parsed.logging === name || parsed.logging === "stdoutAndStderr") {
          chunk.trimEnd().split("\n").forEach(log);
        }
      });
    }
    // A command that ends before it has read everything is no mistake.
    running.stdin.on("error", () => undefined).end(parsed.stdin);
    const failure = await running.failure;
    if (failure !== undefined) {
      throw new Error(`${failure}: running ${JSON.stringify(command)}:\n${output.both}`);
    }
    return { stdout: output.stdout.replace(/\n$/, ""), stderr: output.stderr.replace(/\n$/, "") };
  }

  return {
    inputs,
    replaces: (input) => input === "triggers",
    create: async (news, context) => ({
      id: context.name + randomBytes(4).toString("hex"),
      outputs: await run("create", news, {}, context),
    }),
    update: (_id, state, news, context) => run("update", news, state, context),
    delete: async (_id, state, context) => {
      await run("delete", state, state, context);
    },
  };
}
