import { chmodSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { delimiter, join } from "node:path";
import { sshMachineOf } from "../../../../components/node/sshMachine";
import type { SshHost } from "../../../../components/machine/ssh";
import { remoteCommand } from "../../../../scripts/rehearsal/offline/providers/command/remote";
import { fetchHostKeysThrough, trustCommand } from "../../../../scripts/remote/hostKeys";
import { explainJump, jumpProblem, shareJumpLogins } from "../../../../scripts/remote/jumpHost";
import { unreachableNodes } from "../../../../scripts/remote/reachability";
import { runOnMachine } from "../../../../scripts/remote/runOnMachine";
import type { NodeSettings } from "../../../../components/settings/settings";
import { exampleNode, exampleSettings, hostKey } from "../../../support/exampleSettings";
import { SshServer } from "../../../support/sshServer";
import { temporaryFolder } from "../../../support/temporaryFolder";

const folder = temporaryFolder();
let home: SshServer;
let pi: SshServer;

beforeAll(async () => {
  [home, pi] = await Promise.all([SshServer.start(), SshServer.start("::1")]);
});

afterAll(() => {
  home.stop();
  pi.stop();
});

/** The login to a server of the test; the path of its key has what shells and ssh replace. */
function loginTo(server: SshServer, host: string): SshHost {
  const key = join(folder, `${server === home ? "home" : "pi"} 'of' "100%h" $HOME`);
  writeFileSync(key, server.clientKey, { mode: 0o600 });
  return { host, port: server.port, user: "pi", key, hostKey: server.hostKey };
}

function behindJump(change: object = {}, changeOfJump: object = {}): NodeSettings {
  const { host, port: sshPort, ...login } = { ...loginTo(pi, "::1"), ...change };
  const sshJump = { ...loginTo(home, "127.0.0.1"), ...changeOfJump };
  const node = exampleNode("kube-0", { master: true, sshHost: host, sshPort, ...login, sshJump });
  return exampleSettings({ nodes: [node] }).nodes[0] as NodeSettings;
}

/** Closes at once, so that nothing listens there. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

test("a script runs on the machine behind it", async () => {
  const machine = sshMachineOf(behindJump());
  const [before, behind] = [home.logins, pi.logins];
  expect(await runOnMachine(machine, "echo $((6 * 7))", "sh -s")).toMatchObject({ stdout: "42\n" });
  expect(pi.logins).toBe(behind + 1);
  expect(home.logins - before).toBeLessThanOrEqual(1);
  expect(await unreachableNodes({ nodes: [behindJump()] })).toEqual([]);
});

test("all connections through it share one login", async () => {
  // The first user of this name logs in again.
  const machines = [1, 2, 3, 4].map(() => sshMachineOf(behindJump({}, { user: "other" })));
  const before = home.logins;
  await shareJumpLogins(machines);
  await Promise.all(machines.map((machine) => runOnMachine(machine, "echo 1", "sh -s")));
  expect(home.logins).toBe(before + 1);
});

test("the machine whose host key is another one is named", async () => {
  const wrongNode = behindJump({ hostKey });
  const wrongJump = behindJump({}, { hostKey, user: "wrong" });
  const ofNode =
    "::1 shows another host key than the settings have. (That of the jump host 127.0.0.1 is right.)";
  const ofJump = "the jump host 127.0.0.1 shows another host key than its sshJump.hostKey in the settings";
  const behind = pi.logins;
  expect(await unreachableNodes({ nodes: [wrongNode, wrongJump] })).toEqual([
    { name: "kube-0", reason: ofNode },
    { name: "kube-0", reason: ofJump },
  ]);
  expect(await runOnMachine(sshMachineOf(wrongNode), "echo 1", "sh -s")).toEqual({
    reason: ofNode,
    reached: false,
  });
  expect(await runOnMachine(sshMachineOf(wrongJump), "echo 1", "sh -s")).toEqual({
    reason: ofJump,
    reached: false,
  });
  expect(pi.logins).toBe(behind);
});

test("a jump host that is down is named, and so is a machine behind it", async () => {
  const port = await freePort();
  const jumpIsDown = sshMachineOf(behindJump({}, { port }));
  expect(await jumpProblem(jumpIsDown, jumpIsDown.jump as SshHost)).toBe(
    `the jump host 127.0.0.1 cannot be reached: ssh: connect to host 127.0.0.1 port ${port}: Connection refused`,
  );
  const nodeIsDown = sshMachineOf(behindJump({ host: "127.0.0.1", port }));
  expect(await jumpProblem(nodeIsDown, nodeIsDown.jump as SshHost)).toMatch(
    /^127\.0\.0\.1 does not answer the jump host 127\.0\.0\.1 on port \d+: /,
  );
});

// As OpenSSH 9.2 says it, with a server of that release.
test.each([
  [
    "channel 0: open failed: connect failed: No route to host\r\nstdio forwarding failed\r\n",
    "kube-1 does not answer the jump host vps on port 22: No route to host",
  ],
  [
    "channel 0: open failed: administratively prohibited: open failed\r\nstdio forwarding failed\r\n",
    "the jump host vps may not connect to kube-1: AllowTcpForwarding and PermitOpen in its sshd_config must allow it",
  ],
  [
    "root@vps: Permission denied (publickey).\r\n",
    "the jump host vps does not accept root with a key of the agent",
  ],
  ["", "kube-1 does not answer through the jump host vps within 20 seconds"],
])("%j is explained", (stderr, explained) => {
  const jump = { host: "vps", port: 22, user: "root", key: "agent", hostKey };
  expect(explainJump(stderr, { host: "kube-1", port: 22 }, jump)).toBe(explained);
});

describe("the stand-in of the command provider", () => {
  const context = { name: "script", log: () => undefined };

  /** The connection, as remoteScript.ts has it. */
  function connection(change: object, changeOfProxy: object) {
    const login = (server: SshServer, host: string) => ({
      host,
      port: server.port,
      user: "pi",
      privateKey: server.clientKey,
      hostKey: server.hostKey,
      dialErrorLimit: 0,
    });
    return { ...login(pi, "::1"), ...change, proxy: { ...login(home, "127.0.0.1"), ...changeOfProxy } };
  }

  test("runs a command through a proxy", async () => {
    const inputs = { connection: connection({}, {}), create: "cat", stdin: "hello" };
    expect(await remoteCommand.create(inputs, context)).toMatchObject({ outputs: { stdout: "hello" } });
  });

  test.each([
    ["of the machine", { hostKey }, {}],
    ["of the proxy", {}, { hostKey }],
  ])("refuses another host key %s", async (_, change, changeOfProxy) => {
    const inputs = { connection: connection(change, changeOfProxy), create: "cat", stdin: "hello" };
    const behind = pi.logins;
    await expect(remoteCommand.create(inputs, context)).rejects.toThrow(/^proxy: .*after 0 failed attempts/);
    expect(pi.logins).toBe(behind);
  });
});

describe("the host keys of a machine behind it", () => {
  const jump = { host: "home.example.com", port: 2222, user: "admin" };
  const path = process.env["PATH"] ?? "";

  function standIn(script: string): void {
    writeFileSync(join(folder, "ssh"), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, "ssh"), 0o755);
    process.env["PATH"] = [folder, path].join(delimiter);
  }

  afterEach(() => {
    process.env["PATH"] = path;
  });

  test("are those that it sees", async () => {
    standIn(`[ "$*" = "-p 2222 -- admin@home.example.com ssh-keyscan -T 10 -t ed25519,ecdsa -p 22 -- kube-1.local" ] || exit 2
echo 'kube-1.local ${hostKey}'`);
    expect(await fetchHostKeysThrough(jump, "kube-1.local", 22)).toEqual([
      { key: hostKey, fingerprint: expect.stringMatching(/^SHA256:/) as string },
    ]);
  });

  test.each([
    ["exit 255", "ssh does not log in to the jump host home.example.com."],
    ["exit 0", "kube-1.local shows no host key to the jump host home.example.com on port 22: "],
  ])("are missing after %s", async (script, message) => {
    standIn(script);
    await expect(fetchHostKeysThrough(jump, "kube-1.local", 22)).rejects.toThrow(message);
  });

  test("are asked for by a command that names it", () => {
    expect(trustCommand(sshMachineOf(behindJump({ host: "kube-1.local", port: 22 }, { port: 22 })))).toBe(
      "npm run trust -- kube-1.local --jump pi@127.0.0.1",
    );
  });
});
