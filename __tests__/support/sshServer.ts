import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import {
  type Connection,
  type ParsedKey,
  type PublicKeyAuthContext,
  Server,
  type ServerChannel,
  utils,
} from "ssh2";

/**
 * An SSH server on this machine's loopback, for one test. It runs commands as the user of the test, and connects to others
 * as a jump host does.
 */
export class SshServer {
  /** The logins that it has accepted. */
  logins = 0;
  private readonly connections = new Set<Connection>();

  private constructor(
    private readonly server: Server,
    /** The private key that it accepts. */
    readonly clientKey: string,
    /** As in `known_hosts`, without a host. */
    readonly hostKey: string,
  ) {}

  /** @param address of loopback, where it listens */
  static async start(address = "127.0.0.1"): Promise<SshServer> {
    const [host, client] = [newKey(), newKey()];
    const server = new Server({ hostKeys: [host.text] }, (connection) => {
      connection.on("authentication", (attempt) => {
        if (attempt.method === "publickey" && mayLogIn(client.public, attempt)) {
          attempt.accept();
        } else {
          attempt.reject(["publickey"]);
        }
      });
      connection.on("session", (acceptSession) => {
        acceptSession().on("exec", (accept, _reject, { command }) => {
          run(command, accept());
        });
      });
      connection.on("ready", () => started.logins++);
      started.connections.add(connection);
      connection.on("tcpip", (accept, reject, { destIP, destPort }) => {
        const socket = connect(destPort, destIP);
        socket.on("connect", () => {
          const channel = accept();
          socket.pipe(channel).pipe(socket);
          channel.on("close", () => socket.destroy()).on("error", () => undefined);
        });
        socket.on("error", () => {
          reject();
        });
      });
      // A client that is killed in the middle is no mistake of the server.
      connection.on("error", () => undefined);
    });
    server.listen(0, address);
    await once(server, "listening");
    const started = new SshServer(
      server,
      client.text,
      `${host.public.type} ${host.public.getPublicSSH().toString("base64")}`,
    );
    return started;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  stop(): void {
    this.server.close();
    // A shared login would stay for half a minute.
    this.connections.forEach((connection) => connection.end());
  }
}

function newKey(): { text: string; public: ParsedKey } {
  const { private: text } = utils.generateKeyPairSync("ed25519");
  const parsed = utils.parseKey(text);
  // ssh2 cannot parse one in a few hundred of the keys that it generates.
  return parsed instanceof Error ? newKey() : { text, public: parsed };
}

/** Whether an attempt to log in is accepted. The first one asks whether the key would be; the second is signed by it. */
function mayLogIn(
  key: ParsedKey,
  { key: offered, blob, signature, hashAlgo }: PublicKeyAuthContext,
): boolean {
  return (
    key.getPublicSSH().equals(offered.data) &&
    (blob === undefined || signature === undefined || key.verify(blob, signature, hashAlgo))
  );
}

function run(command: string, channel: ServerChannel): void {
  const shell = spawn("/bin/sh", ["-c", command]);
  channel.pipe(shell.stdin).on("error", () => undefined);
  shell.stdout.pipe(channel, { end: false });
  shell.stderr.pipe(channel.stderr, { end: false });
  channel.on("close", () => shell.kill());
  shell.on("close", (code) => {
    channel.exit(code ?? 255);
    channel.end();
  });
}
