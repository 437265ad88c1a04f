import { once } from "node:events";
import { promisify } from "node:util";
import { Client, type ClientChannel, type ExecOptions, type ServerHostKeyAlgorithm } from "ssh2";
import { z } from "zod";
import { retry } from "zx";
import { commandInputs, commandResource } from "./command";

const connectionSchema = z.strictObject({
  host: z.string(),
  port: z.number().default(22),
  user: z.string().default("root"),
  privateKey: z.string().optional(),
  hostKey: z.string().optional(),
  dialErrorLimit: z.number().default(10),
  perDialTimeout: z.number().default(15),
});

const remoteInputs = commandInputs.extend({ connection: connectionSchema });

export const remoteCommand = commandResource(remoteInputs, async (command, environment, { connection }) => {
  const { dialErrorLimit } = connection;
  const client = await retry(dialErrorLimit + 1, "1s", () => dial(connection)).catch((error: unknown) => {
    throw new Error(`after ${dialErrorLimit} failed attempts: ${String(error)}`);
  });
  const exec = promisify<string, ExecOptions, ClientChannel>(client.exec.bind(client));
  const channel = await exec(command, { env: environment });
  let end = "wait: remote command exited without exit status or exit signal";
  channel.on("exit", (status: number | null, signal?: string) => {
    end = `Process exited with ${status === null ? `signal ${signal ?? ""}` : `status ${status}`}`;
  });
  const failure = once(channel, "close").then(() => {
    client.end();
    return end === "Process exited with status 0" ? undefined : end;
  });
  return { stdin: channel, stdout: channel, stderr: channel.stderr, failure };
});

/** Checks the host key if the settings have one. */
async function dial(connection: z.infer<typeof connectionSchema>): Promise<Client> {
  const { host, port, user, privateKey, hostKey, perDialTimeout } = connection;
  const [algorithm, key] = hostKey?.split(" ") ?? [];
  // An error after the login closes the channel, which is enough.
  const client = new Client().on("error", () => undefined);
  client.connect({
    host,
    port,
    username: user,
    privateKey,
    agent: process.env["SSH_AUTH_SOCK"],
    readyTimeout: perDialTimeout * 1000,
    hostVerifier: (found: Buffer) => key === undefined || found.toString("base64") === key,
    algorithms: algorithm === undefined ? {} : { serverHostKey: [algorithm as ServerHostKeyAlgorithm] },
  });
  await once(client, "ready");
  return client;
}
