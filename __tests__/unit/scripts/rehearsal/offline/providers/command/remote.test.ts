import { remoteCommand } from "../../../../../../../scripts/rehearsal/offline/providers/command/remote";
import { SshServer } from "../../../../../../support/sshServer";

let server: SshServer;

beforeAll(async () => {
  server = await SshServer.start();
});

afterAll(() => {
  server.stop();
});

function login() {
  const { port, clientKey, hostKey } = server;
  return { host: "127.0.0.1", port, user: "pi", privateKey: clientKey, hostKey, dialErrorLimit: 0 };
}

async function create(command: string, connection: object = login()): Promise<object | undefined> {
  const log = jest.fn();
  return (await remoteCommand.create({ create: command, connection }, { name: "test", log })).outputs;
}

test.each(["at once", "through a jump host"])("a command runs %s", async (way) => {
  const connection = way === "at once" ? login() : { ...login(), proxy: login() };
  expect(await create("echo out; echo err >&2", connection)).toEqual({ stdout: "out", stderr: "err" });
});

test("a command that fails is an error, with its status and its output", async () => {
  await expect(create("echo before; exit 3")).rejects.toThrow(
    'Process exited with status 3: running "echo before; exit 3":\nbefore\n',
  );
});

test("a machine behind a jump host that does not answer is an error", async () => {
  await expect(create("true", { ...login(), port: 1, proxy: login() })).rejects.toThrow(
    /^proxy: Error: after 0 failed attempts: /,
  );
});
