import { spawn } from "node:child_process";
import { Agent } from "node:http";
import { Duplex } from "node:stream";
import Docker from "dockerode";
import { z } from "zod";
import { hostOf } from "../../../../../components/settings/address";
import type { Properties } from "../resource";

const configurationSchema = z.object({
  host: z.url().optional(),
  // The SDK hands over the lists in a provider's configuration as JSON.
  sshOpts: z.string().default("[]"),
});

/** The engine that a provider's configuration names. Nothing is asked of it yet: a preview works without it. */
export function connectEngine(configuration: Properties): Docker {
  const { host, sshOpts } = configurationSchema.parse(configuration);
  if (host === undefined) {
    return new Docker();
  }
  const agent = new Agent();
  agent.createConnection = () => dial(new URL(host), z.array(z.string()).parse(JSON.parse(sshOpts)));
  const options: Docker.DockerOptions & { agent: Agent } = { host: "engine", protocol: "http", agent };
  return new Docker(options);
}

/** A connection to an engine on another machine, made as the `docker` command makes it. */
function dial(url: URL, sshOptions: readonly string[]): Duplex {
  const { username, port } = url;
  const hostname = hostOf(url);
  const words = ["-T", "-l", username, "-p", port, hostname, "docker", "system", "dial-stdio"];
  const ssh = spawn("ssh", [...sshOptions, ...words]);
  const connection = new Duplex({
    read: () => ssh.stdout.resume(),
    // What cannot be written is reported when ssh has ended, with its reason.
    write: (chunk, _encoding, done) =>
      ssh.stdin.write(chunk, () => {
        done();
      }),
    final: (done) => ssh.stdin.end(done),
    destroy: (error, done) => {
      ssh.kill();
      done(error);
    },
  });
  let output = "";
  ssh.stderr.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  ssh.stdout.on("data", (chunk: Buffer) => connection.push(chunk) || ssh.stdout.pause());
  // Only the exit code shows whether the answer is whole and what was written has arrived.
  ssh.stdin.on("error", () => undefined);
  ssh.on("close", (code) =>
    code === 0 ? connection.push(null) : connection.destroy(new Error(`ssh to ${hostname}: ${output}`)),
  );
  return connection;
}

/** The engine's answer, or undefined where it has no such thing. */
export async function ifFound<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch((error: unknown) => {
    if (error instanceof Error && "statusCode" in error && error.statusCode === 404) {
      return undefined;
    }
    throw error;
  });
}
