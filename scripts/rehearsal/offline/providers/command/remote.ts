import { once } from "node:events";
import { promisify } from "node:util";
import { Client, type ClientChannel, type ExecOptions, type ServerHostKeyAlgorithm } from "ssh2";
import { z } from "zod";
import { retry } from "zx";
import { commandInputs, commandResource } from "./command";

const loginSchema = z.strictObject({
  host: z.string(),
  port: z.number().default(22),
  user: z.string().default("root"),
  privateKey: z.string().optional(),
  hostKey: z.string().optional(),
  dialErrorLimit: z.number().default(10),
  perDialTimeout: z.number().default(15),
});
const connectionSchema = loginSchema.extend({ proxy: loginSchema.optional() });

type Login = z.infer<typeof loginSchema>;

const remoteInputs = commandInputs.extend({ connection: connectionSchema });

export const remoteCommand = commandResource(remoteInputs, async (command, environment, { connection }) => {
  const client = await connect(connection);
  const exec = promisify<string, ExecOptions, ClientChannel>(client.exec.bind(client));
  const channel = await exec(command, { env: environment }).catch((error: unknown) => {
    client.end();
    throw error;
  });
  // Not by `exit`, which may come before `exec` is awaited. Source: `onCHANNEL_CLOSE` in ssh2's lib/utils.js
  const failure = once(channel, "close")
    .then((end) => describeEnd(...(end as [(number | null)?, string?])))
    .finally(() => client.end());
  return { stdin: channel, stdout: channel, stderr: channel.stderr, failure };
});

/** How a command failed, as Go's SSH client says it. */
function describeEnd(status?: number | null, signal = ""): string | undefined {
  if (status === undefined) {
    return "wait: remote command exited without exit status or exit signal";
  }
  if (status === null) {
    return `Process exited with signal ${signal}`;
  }
  return status === 0 ? undefined : `Process exited with status ${status}`;
}

/** As the real provider does it: with a proxy, that word is in front of the errors of both machines. */
async function connect({ proxy, ...login }: z.infer<typeof connectionSchema>): Promise<Client> {
  if (proxy === undefined) {
    return attempt(login, () => dial(login));
  }
  try {
    const bastion = await attempt(proxy, () => dial(proxy));
    try {
      const client = await dialThrough(bastion, login);
      return client.on("close", () => bastion.end());
    } catch (error) {
      bastion.end();
      throw error;
    }
  } catch (error) {
    throw new Error(`proxy: ${String(error)}`, { cause: error });
  }
}

async function dialThrough(bastion: Client, login: Login): Promise<Client> {
  const forward = promisify<string, number, string, number, ClientChannel>(bastion.forwardOut.bind(bastion));
  const channel = await attempt(login, () => forward("127.0.0.1", 0, login.host, login.port));
  return attempt(login, () => dial(login, channel));
}

async function attempt<T>({ dialErrorLimit }: Login, make: () => Promise<T>): Promise<T> {
  return retry(dialErrorLimit + 1, "1s", make).catch((error: unknown) => {
    throw new Error(`after ${dialErrorLimit} failed attempts: ${String(error)}`);
  });
}

/**
 * Checks the host key if the settings have one.
 *
 * @param sock leads to the machine; unset for a connection of its own
 */
async function dial(login: Login, sock?: ClientChannel): Promise<Client> {
  const { host, port, user, privateKey, hostKey, perDialTimeout } = login;
  const [algorithm, key] = hostKey?.split(" ") ?? [];
  // An error after the login closes the channel, which is enough.
  const client = new Client().on("error", () => undefined);
  client.connect({
    sock,
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
