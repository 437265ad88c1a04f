import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { Server } from "ssh2";
import { hostKeyTypes } from "../../../../components/machine/hostKey";
import { trustedHostKey } from "../../../../scripts/remote/hostKeys";
import { readAnswer } from "../../../../scripts/remote/knownHosts";
import { temporaryFolder } from "../../../support/temporaryFolder";

const fingerprint = "SHA256:E8OI2vkdTcTsstV1D/MCtXVXYGgqf5QobsZ+gX54I3E";
const changed = { trust: "changed", fingerprint, file: "/home/pi/.ssh/known_hosts", line: "1" };

/** How each file in `sshOutput` is read: excerpts of what `ssh -v` of OpenSSH 9.2 printed, for servers at 127.0.0.1. */
const answers = {
  known: { trust: "known", fingerprint },
  knownByRsa: { trust: "known", fingerprint: "SHA256:u+pvoSWMh3G/e2N+QjZfm2sC4eNnwH3+zt6anNviLQs" },
  knownByCertificate: { trust: "known", fingerprint },
  unknown: { trust: "unknown", fingerprint },
  changed: { ...changed, line: "2", name: "[127.0.0.1]:2299" },
  changedUnderAlias: { ...changed, name: "pi-alias" },
  revoked: { trust: "none", reason: expect.stringContaining("is marked as revoked. ") as string },
  revokedByFile: {
    trust: "none",
    reason: `Host key ED25519 ${fingerprint} revoked by file /home/pi/.ssh/revoked Host key verification failed.`,
  },
  badConfiguration: {
    trust: "none",
    reason:
      "/home/pi/.ssh/config: line 1: Bad configuration option: foo /home/pi/.ssh/config: terminating, 1 bad configuration options",
  },
  // The reason that the machine gives for disconnecting has lines such as ssh prints.
  disconnectQuotesSsh: {
    trust: "none",
    reason: "Received disconnect from 127.0.0.1 port 2298:2:  Disconnected from 127.0.0.1 port 2298",
  },
};

test.each(Object.entries(answers))("the output of ssh is understood: %s", (name, answer) => {
  const output = readFileSync(join(__dirname, "sshOutput", `${name}.txt`), "utf8");
  expect(readAnswer(output)).toEqual(answer);
  expect(readAnswer(output.replaceAll("\n", "\r\n"))).toEqual(answer);
});

test.each([
  "debug1: Remote: ",
  "Received disconnect from 127.0.0.1 port 2298:2: ",
  "Unable to negotiate with 127.0.0.1 port 2298: no matching host key type found. Their offer: ",
])('lines of the machine behind "%s" are not taken for those of ssh', (quote) => {
  const ownLines = `debug1: Server host key: ssh-ed25519 ${fingerprint}\ndebug1: SSH2_MSG_NEWKEYS sent\n`;
  expect(readAnswer(ownLines)).toEqual({ trust: "known", fingerprint });
  expect(readAnswer(`${quote}\n${ownLines}`)).toMatchObject({ trust: "none" });
});

test.each([
  "debug1: Remote: a message",
  "Received disconnect from 127.0.0.1 port 22:2: a reason",
  "Unable to negotiate with 127.0.0.1 port 22: no matching host key type found. Their offer: a-type",
])("words of ssh after what it quotes of a machine count for nothing: %s", (quoted) => {
  const forged = `debug1: Server host key: ssh-ed25519 ${fingerprint}\ndebug1: SSH2_MSG_NEWKEYS sent`;
  expect(readAnswer(forged)).toMatchObject({ trust: "known" });
  expect(readAnswer(`${quoted}\n${forged}`)).toMatchObject({ trust: "none" });
});

test("a certificate whose ID looks like new keys does not make a revoked key known", () => {
  const said = `debug1: Server host certificate: ssh-ed25519-cert-v01@openssh.com ${fingerprint}, serial 0 ID "
debug1: SSH2_MSG_NEWKEYS sent
" CA ssh-ed25519 SHA256:7dcIKKyJiyWzu2ycQIukDbJIziKUu9zYdfAQqv4hWI8 valid forever
Host key verification failed.`;
  expect(readAnswer(said)).toMatchObject({ trust: "none" });
});

test("an ssh that says nothing knows nothing", () => {
  expect(readAnswer("")).toEqual({ trust: "none", reason: "" });
});

describe("this machine's ssh", () => {
  const folder = temporaryFolder();
  const path = process.env["PATH"] ?? "";
  const knownHosts = join(folder, "known_hosts");
  let server: Server;
  let port: number;

  function makeKey(name: string, ...options: string[]): string {
    execFileSync("ssh-keygen", ["-q", "-N", "", "-C", "", "-f", join(folder, name), ...options]);
    return readFileSync(join(folder, `${name}.pub`), "utf8").trim();
  }

  const rsa = makeKey("rsa", "-t", "rsa");
  const ecdsa = makeKey("ecdsa", "-t", "ecdsa");
  const ed25519 = makeKey("ed25519", "-t", "ed25519");
  const another = makeKey("another", "-t", "ed25519");

  beforeAll(async () => {
    const hostKeys = ["rsa", "ecdsa", "ed25519"].map((name) => readFileSync(join(folder, name)));
    server = new Server({ hostKeys }, (connection) => {
      connection.on("authentication", (attempt) => {
        attempt.reject();
      });
      // A client that only asks for the key closes the connection.
      connection.on("error", () => undefined);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    ({ port } = server.address() as AddressInfo);
    // ssh takes the home folder from the user database: only an option leads it to another configuration.
    const ssh = execFileSync("sh", ["-c", "command -v ssh"], { encoding: "utf8" }).trim();
    writeFileSync(join(folder, "ssh"), `#!/bin/sh\nexec '${ssh}' -F '${folder}/config' "$@"\n`);
    chmodSync(join(folder, "ssh"), 0o755);
    process.env["PATH"] = [folder, path].join(delimiter);
  });

  afterAll(() => {
    process.env["PATH"] = path;
    server.close();
  });

  /** @param configure further lines of `~/.ssh/config` */
  function trust(lines: readonly string[], configure = ""): ReturnType<typeof trustedHostKey> {
    writeFileSync(join(folder, "config"), `UserKnownHostsFile ${knownHosts}\n${configure}\n`);
    writeFileSync(knownHosts, lines.map((line) => `${line}\n`).join(""));
    return trustedHostKey("127.0.0.1", port);
  }

  const name = (): string => `[127.0.0.1]:${port}`;

  test("knows no host at first", async () => {
    expect(await trust([])).toMatchObject({ key: ed25519, isKnown: false });
  });

  test.each([
    { which: "of the best type", key: ed25519, more: "" },
    { which: "of another type", key: ecdsa, more: "" },
    { which: "between tabs and blanks", key: ed25519.replace(" ", "\t  \t"), more: " \ta comment" },
  ])("knows a key $which", async ({ key, more }) => {
    const [type, known = ""] = key.split(/\s+/);
    const expected = { key: `${type ?? ""} ${known}`, isKnown: true };
    expect(await trust([`  ${name()} \t${key}${more}`])).toMatchObject(expected);
  });

  test("knows a hashed line", async () => {
    await trust([`${name()} ${ed25519}`]);
    execFileSync("ssh-keygen", ["-q", "-H", "-f", knownHosts], { stdio: "ignore" });
    const hashed = readFileSync(knownHosts, "utf8").trim();
    expect(hashed).toMatch(/^\|1\|/);
    expect(await trust([hashed])).toMatchObject({ key: ed25519, isKnown: true });
  });

  test("knows a machine by its alias, and takes no other address or way", async () => {
    const configure = `Host 127.0.0.1
  HostKeyAlias attic
  HostName 192.0.2.1
  Port 1
  ProxyJump 192.0.2.2
  ControlMaster auto
  ControlPath ${folder}/%C`;
    expect(await trust([`attic ${ecdsa}`], configure)).toMatchObject({ key: ecdsa, isKnown: true });
    await expect(trust([`attic ${another}`], configure)).rejects.toThrow(
      `127.0.0.1 shows another host key than the one in ${knownHosts}, line 1`,
    );
  });

  test("takes one that works where only that of RSA is known", async () => {
    const found = await trust([`${name()} ${rsa}`]);
    expect(found).toMatchObject({ key: ed25519, isKnown: false });
    expect(hostKeyTypes).toContain(found.key.split(" ")[0]);
  });

  test("refuses what has changed, in a line of any spacing", async () => {
    await expect(trust([`\t${name()}\t \t${another.replace(" ", " \t")}`])).rejects.toThrow(
      `then \`ssh-keygen -f ${knownHosts} -R '${name()}'\``,
    );
  });

  test("refuses what is revoked", async () => {
    await expect(trust([`@revoked  ${name()}\t${ed25519}`])).rejects.toThrow("is marked as revoked");
  });

  test("refuses what ssh refuses for its configuration", async () => {
    await expect(trust([`${name()} ${ed25519}`], "Frobnicate yes")).rejects.toThrow(
      "ssh does not connect to 127.0.0.1: ",
    );
  });
});
