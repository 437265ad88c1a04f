// Runs only when it is named, see scripts/tools/suites.ts.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { delimiter, join } from "node:path";
import { parse } from "yaml";
import { which } from "zx";
import { sudoersLine } from "../../components/machine/remoteScript";
import { $ } from "../../scripts/cli/shell";
import { discoverMachines } from "../../scripts/init/discovery";
import { permitCommand } from "../../scripts/init/machine/sudo";
import { rehearsalFolder, ports } from "../../scripts/rehearsal/instance";
import { containerOf, exec, network } from "../../scripts/rehearsal/machines/machine";
import { servedStackVariable } from "../../scripts/rehearsal/offline/providers/provider";
import { preparePulumi } from "../../scripts/rehearsal/toolchain/pulumi";
import { openStack } from "../../scripts/rehearsal/openStack";
import { expectSuccess, run, runOrFail, type Run } from "../support/commands";
import { eventually } from "../support/eventually";
import { projectRoot } from "../support/projectRoot";
import { temporaryFolder } from "../support/temporaryFolder";
import { pis, shell } from "./support/machines";
import { pulumiOrFail, startRehearsal } from "./support/rehearsal";

const folder = temporaryFolder();
/** A fresh clone of the repository. */
const clone = join(folder, "clone");
const settingsFile = join(clone, "Pulumi.home.yaml");
const key = join(folder, "id_ed25519");
const {
  vpsSsh: vpsPort,
  piSsh: [firstPort, secondPort, thirdPort],
} = ports;
/** Has nothing but Node. */
const withoutPulumi = join(folder, "bin");
/** A user who may log in to every machine of the rehearsal, and nothing else. */
const guest = "init-guest";

let environment: NodeJS.ProcessEnv;
let silent: Server;
let mailServer: Server;

type Flags = Readonly<Record<string, string | readonly string[] | true | undefined>>;

const right: Flags = {
  domain: "pi.test",
  vps: `127.0.0.1:${vpsPort}`,
  node: [`127.0.0.1:${firstPort}`, `localhost:${secondPort}`],
  key,
  "accept-host-keys": true,
  // Its names are in no DNS, and the rehearsal is up on it.
  yes: true,
};

/** `npm run init` with the right flags but for these; those that are undefined are left out. */
async function init(
  changes: Flags = {},
  words: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<Run> {
  const flags = Object.entries<Flags[string]>({ ...right, ...changes }).flatMap(([flag, value]) =>
    value === true ? [`--${flag}`] : [value ?? []].flat().flatMap((each) => [`--${flag}`, each]),
  );
  return run("init", [...words, ...flags], { cwd: clone, env: { ...environment, ...env } });
}

beforeAll(async () => {
  await startRehearsal();
  const listing = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: projectRoot,
  });
  for (const file of listing
    .toString()
    .split("\0")
    .filter((each) => existsSync(join(projectRoot, each)) && each !== "")) {
    cpSync(join(projectRoot, file), join(clone, file));
  }
  symlinkSync(join(projectRoot, "node_modules"), join(clone, "node_modules"));

  copyFileSync(join(rehearsalFolder, "keys/id_ed25519"), key);
  copyFileSync(join(rehearsalFolder, "keys/id_ed25519.pub"), `${key}.pub`);
  chmodSync(key, 0o600);
  for (const machine of ["vps", "kube-1"]) {
    await shell(machine, `id ${guest} >/dev/null 2>&1 || useradd --create-home ${guest}`);
  }

  [silent, mailServer] = [await listen(""), await listen("220 smtp.example.com ESMTP\r\n")];

  const state = join(folder, "state");
  mkdirSync(state);
  mkdirSync(withoutPulumi);
  for (const program of ["node", "npm"]) {
    symlinkSync(realpathSync(await which(program)), join(withoutPulumi, program));
  }
  const pulumi = await preparePulumi(() => undefined, "home");
  environment = {
    ...process.env,
    ...pulumi.environment,
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE: "passphrase",
  };
});

afterAll(async () => {
  silent.close();
  mailServer.close();
  for (const machine of ["vps", "kube-1"]) {
    await exec(machine, ["userdel", "--remove", guest]);
  }
});

interface WrongAnswer {
  readonly wrong: string;
  readonly flags?: Flags | (() => Flags);
  readonly words?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly said: string;
}

/** A key that no deploy can use. */
function badKey(name: string, ...command: readonly string[]): string {
  const path = join(folder, name);
  rmSync(path, { force: true });
  const [program = "", ...words] = command;
  execFileSync(program, [...words, path]);
  return path;
}

const wrongAnswers: readonly WrongAnswer[] = [
  {
    wrong: "no Pulumi",
    env: { PATH: [withoutPulumi, "/usr/bin", "/bin"].join(delimiter) },
    said: "There is no Pulumi CLI on PATH",
  },
  {
    wrong: "no place for the state",
    env: { PULUMI_BACKEND_URL: "file:///nowhere" },
    said: "Pulumi does not know where to keep the state",
  },
  {
    wrong: "no passphrase",
    env: { PULUMI_CONFIG_PASSPHRASE: undefined },
    said: "The credentials in the state are encrypted by a passphrase.",
  },
  {
    wrong: "a stack that has a blank",
    words: ["my home"],
    said: "my home cannot name a stack: a name has at most 100 letters",
  },
  { wrong: "the stack of the rehearsal", words: ["dev"], said: "dev is the stack of the rehearsal" },
  { wrong: "no domain", flags: { domain: undefined }, said: "--domain example.com is missing." },
  {
    wrong: "a domain in upper case",
    flags: { domain: "Pi.test" },
    said: 'domain = "Pi.test": must be a domain name in lower case',
  },
  {
    wrong: "names that do not lead to the VPS",
    flags: { yes: undefined },
    said: "grafana.pi.test is not in the DNS yet: add a record A with 127.0.0.1 at your registrar.",
  },
  {
    wrong: "an unknown VPS",
    flags: { vps: "vps.invalid" },
    said: "vps.invalid: there is no such name in the DNS.",
  },
  {
    wrong: "an invalid port",
    flags: { vps: "127.0.0.1:ssh" },
    said: "vps.port = null: must be a whole number from 1 to 65535",
  },
  {
    wrong: "a port on which nothing listens",
    flags: { vps: "127.0.0.1:1" },
    said: "127.0.0.1 is there, but nothing answers on port 1: switch SSH on",
  },
  {
    wrong: "a server that says nothing",
    flags: () => ({ vps: `127.0.0.1:${portOf(silent)}` }),
    said: "within 10 seconds: is it switched on, and does a firewall let SSH in?",
  },
  {
    wrong: "a server that is no SSH server",
    flags: () => ({ vps: `127.0.0.1:${portOf(mailServer)}` }),
    said: "but not as an SSH server does.",
  },
  {
    wrong: "host keys that were not compared",
    flags: { "accept-host-keys": undefined },
    said: "Is that what the machines themselves say",
  },
  {
    wrong: "a user who may not log in",
    flags: { vps: `stranger@127.0.0.1:${vpsPort}` },
    said: `127.0.0.1 does not accept stranger with ${key}: \`ssh-copy-id -i ${key} -p ${vpsPort} stranger@127.0.0.1\``,
  },
  {
    wrong: "a VPS without Docker",
    flags: { vps: `pi@localhost:${thirdPort}` },
    said: "localhost has no Docker: https://docs.docker.com/engine/install/",
  },
  {
    wrong: "a user who may not use Docker",
    flags: { vps: `${guest}@127.0.0.1:${vpsPort}` },
    said: `${guest} may not use Docker on 127.0.0.1: \`sudo usermod -aG docker ${guest}\` there`,
  },
  { wrong: "no nodes", flags: { node: undefined }, said: "--node kube-0.local --node kube-1.local" },
  {
    wrong: "a node twice",
    flags: { node: [`127.0.0.1:${firstPort}`, `127.0.0.1:${secondPort}`] },
    said: 'nodes[1].host = "127.0.0.1": must be unique; nodes[0] has the same',
  },
  {
    wrong: "a node by two names",
    flags: { node: [`127.0.0.1:${firstPort}`, `localhost:${firstPort}`], yes: undefined },
    said: "localhost has the same host key as 127.0.0.1.",
  },
  {
    wrong: "a node that is off",
    flags: { node: ["kube-9.local"] },
    said: "kube-9.local: no machine on this network has that name. Is it switched on?",
  },
  {
    wrong: "a user without sudo",
    flags: { node: [`127.0.0.1:${firstPort}`, `${guest}@localhost:${secondPort}`] },
    said: `sudo asks ${guest} for a password on localhost, and ${guest} has none`,
  },
  {
    wrong: "an invalid user name",
    flags: { user: "Pi" },
    said: 'user = "Pi": must be a Linux user name, such as pi',
  },
  {
    wrong: "a key that is not there",
    flags: { key: "~/.ssh/id_nowhere" },
    said: "~/.ssh/id_nowhere: there is no such file. `ssh-keygen -t ed25519` makes a key",
  },
  { wrong: "the public half of a key", flags: { key: `${key}.pub` }, said: "is the public half of a key" },
  {
    wrong: "a key with a passphrase",
    flags: () => ({ key: badKey("locked", "ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f") }),
    said: "has a passphrase, for which a deploy cannot ask: `ssh-add ",
  },
  {
    wrong: "a key that others can read",
    flags: () => ({ key: badKey("open", "install", "-m", "0644", key) }),
    said: "can be read by others, and ssh refuses such a key: `chmod 600 ",
  },
  {
    wrong: "a file that is not a key",
    flags: () => ({ key: badKey("text", "install", "-m", "0600", join(projectRoot, "README.md")) }),
    said: "is not a private key that OpenSSH can read",
  },
  {
    wrong: "no SSH agent",
    flags: { key: "agent" },
    env: { SSH_AUTH_SOCK: undefined },
    said: "There is no SSH agent here",
  },
  {
    wrong: "an invalid e-mail address",
    flags: { email: "me", smtp: "localhost:25" },
    said: "contactPoints.email.to[0] = …: must be an e-mail address",
  },
  {
    wrong: "an e-mail address without a server",
    flags: { email: "me@example.com" },
    said: "contactPoints.email.host is missing: must be a host name or an address and a port",
  },
  {
    wrong: "an unknown mail server",
    flags: { email: "me@example.com", smtp: "smtp.invalid:587" },
    said: "smtp.invalid: there is no such name in the DNS",
  },
];

test.each(wrongAnswers)("$wrong gets its own message", async ({ flags = {}, words, env, said }) => {
  const { exitCode, stderr } = await init(typeof flags === "function" ? flags() : flags, words, env);
  expect(stderr).toContain(said);
  expect(exitCode).toBe(1);
  expect(existsSync(settingsFile)).toBe(false);
});

test("all mistakes are reported at once", async () => {
  const { stderr } = await init({
    domain: "-",
    vps: "vps.invalid",
    node: ["kube-9.local"],
    key: "/none",
    email: "me",
  });
  expect(stderr.split("\n").filter((line) => line.startsWith("  "))).toEqual([
    expect.stringContaining("domain ="),
    expect.stringContaining("vps.invalid:"),
    expect.stringContaining("kube-9.local:"),
    expect.stringContaining("/none:"),
    expect.stringContaining("contactPoints.email.to[0]"),
    expect.stringContaining("contactPoints.email.from"),
    expect.stringContaining("contactPoints.email.host"),
  ]);
});

test("right answers become settings whose preview has the whole system", async () => {
  const passwordFile = join(folder, "smtp-password");
  writeFileSync(passwordFile, "SMTP-PASSWORD\n");
  const smtp = { smtp: "localhost:25", "smtp-user": "pi@example.com", "smtp-password-file": passwordFile };
  const { exitCode, stdout, stderr } = await init({ email: "me@example.com", ...smtp });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toContain("`npm run preview -- home` shows");
  expect(stdout).toContain("Now: npm run deploy -- home");

  const text = readFileSync(settingsFile, "utf8");
  expect(text).not.toContain("SMTP-PASSWORD");
  const hostKey = expect.stringMatching(/^ssh-ed25519 /) as string;
  expect((parse(text) as { config: object }).config).toEqual({
    "pulumi:disable-default-providers": ["docker"],
    "pi-monitoring:domain": "pi.test",
    "pi-monitoring:vps": { host: "127.0.0.1", port: vpsPort, key, hostKey },
    "pi-monitoring:nodes": [
      { name: "kube-0", host: "127.0.0.1", sshPort: firstPort, key, hostKey, master: true },
      { name: "localhost", host: "localhost", sshPort: secondPort, key, hostKey },
    ],
    "pi-monitoring:contactPoints": {
      email: {
        to: ["me@example.com"],
        from: "pi@example.com",
        host: "localhost:25",
        user: "pi@example.com",
        password: { secure: expect.any(String) as string },
      },
    },
  });

  const inClone = $({ nothrow: true, cwd: clone, env: environment });
  const preview = await inClone`pulumi preview --stack home --non-interactive`;
  expectSuccess({ exitCode: preview.exitCode ?? 1, output: preview.stdall });
  for (const made of [
    "grafana",
    "https-portal",
    "kube-0-exporters",
    "kube-0-prometheus",
    "localhost-exporters",
  ]) {
    expect(preview.stdout).toContain(made);
  }
  expect(preview.stdall).not.toContain("SMTP-PASSWORD");
});

test("settings that are there stay as they are", async () => {
  const before = readFileSync(settingsFile, "utf8");
  const { exitCode, stderr } = await init({ domain: "other.test" });
  expect(exitCode).toBe(1);
  expect(stderr).toContain("Pulumi.home.yaml already has settings, and they stay as they are");
  expect(readFileSync(settingsFile, "utf8")).toBe(before);
});

describe("a node whose sudo asks for a password, as Raspberry Pi OS has it", () => {
  const [sudoers, ours] = ["/etc/sudoers.d/pi", "/etc/sudoers.d/pi-monitoring"];
  const line = sudoersLine("pi");
  const password = "s3 cret'\"$x";
  const [right, wrong] = [join(folder, "sudo-password"), join(folder, "wrong-sudo-password")];
  const settings = join(clone, "Pulumi.asking.yaml");
  let before: { readonly rights: string; readonly shadow: string };

  const onNode = (script: string, ...words: string[]): Promise<string> => shell("kube-1", script, ...words);
  const setRights = (rights: string): Promise<string> =>
    onNode('printf "%s\\n" "$1" >"$2" && chmod 0440 "$2"', rights, sudoers);

  beforeAll(async () => {
    writeFileSync(right, `${password}\n`);
    writeFileSync(wrong, "NOT-THE-PASSWORD\n");
    before = {
      rights: (await onNode('cat "$1"', sudoers)).trim(),
      shadow: (await onNode("getent shadow pi | cut -d: -f2")).trim(),
    };
    await setRights("pi ALL=(ALL:ALL) ALL");
    await onNode('printf "pi:%s\\n" "$1" | chpasswd', password);
  });

  afterAll(async () => {
    await setRights(before.rights);
    await onNode('usermod --password "$1" pi && rm -f "$2"', before.shadow, ours);
  });

  async function expectNothingWritten(): Promise<void> {
    expect(await onNode("ls /etc/sudoers.d")).not.toContain("pi-monitoring");
    expect(existsSync(settings)).toBe(false);
  }

  test("reports the flag, and a command that does the same", async () => {
    const command = permitCommand({
      host: "localhost",
      port: secondPort,
      user: "pi",
      key,
      hostKey: "unchecked",
    });
    const { exitCode, stderr } = await init({}, ["asking"]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      `sudo asks pi for a password on localhost: give it by --sudo-password-file FILE, or at a terminal: \`${command}\``,
    );
    await expectNothingWritten();

    // What ssh hands the shell there, at a terminal that `script` makes.
    const [, there = ""] = /"(.*)"$/.exec(command) ?? [];
    await onNode(
      '(sleep 3; printf "%s\\n" "$1") | su pi -c \'script -qec "$0" /dev/null\' -- "$2"',
      password,
      there,
    );
    expect(await onNode('stat -c "%a %U:%G" "$1" && cat "$1"', ours)).toBe(`440 root:root\n${line}\n`);
    await onNode('visudo -cf "$1" && rm "$1"', ours);
  });

  test("refuses a wrong password", async () => {
    const { exitCode, stdout, stderr } = await init({ "sudo-password-file": wrong }, ["asking"]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("sudo on localhost does not accept this password.");
    expect(stdout + stderr).not.toContain("NOT-THE-PASSWORD");
    await expectNothingWritten();
  });

  test("gets no line without consent", async () => {
    const { exitCode, stderr } = await init({ "sudo-password-file": right, yes: undefined }, ["asking"]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`  ${line}\n`);
    expect(stderr).toContain("May init write this line there?");
    await expectNothingWritten();
  });

  test("keeps a file of that name with other lines", async () => {
    await onNode('echo "# mine" >"$1"', ours);
    const { exitCode, stderr } = await init({ "sudo-password-file": right }, ["asking"]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`localhost: ${ours} has other lines, and they stay as they are`);
    expect(await onNode('cat "$1"', ours)).toBe("# mine\n");
    await onNode('rm "$1"', ours);
    await expectNothingWritten();
  });

  test("gets the line by the right one, and sudo asks no more", async () => {
    const { exitCode, stdout, stderr } = await init({ "sudo-password-file": right }, ["asking"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toContain(`${ours} on localhost:\n  ${line}`);
    expect(await onNode('stat -c "%a %U:%G" "$1" && cat "$1"', ours)).toBe(`440 root:root\n${line}\n`);
    expect(stdout + readFileSync(settings, "utf8")).not.toContain(password);
    await onNode('su pi -c "echo exit 0 | sudo -k -n timeout 900 sh -s -- apply"');
  });
});

describe("a node on which another program has the usual ports", () => {
  const unit = "other-exporters.service";
  const exporter = "pi-monitoring-node-exporter.service";
  /** The node first, as Prometheus runs on the first one; on the other one, ours has its port. */
  const node = [`localhost:${secondPort}`, `127.0.0.1:${firstPort}`];

  beforeAll(async () => {
    await exec("kube-1", ["systemctl", "stop", exporter]);
    const listen =
      "my @sockets = map { IO::Socket::INET->new(LocalPort => $_, Listen => 5, ReuseAddr => 1) or die } @ARGV; sleep";
    const perl = ["perl", "-MIO::Socket::INET", "-e", listen, "9100", "9090"];
    await exec("kube-1", ["systemd-run", `--unit=${unit}`, ...perl]);
    await eventually("both ports are taken", 20, async () => {
      const sockets = await exec("kube-1", ["ss", "-ltnH"]);
      expect(sockets).toMatch(/:9100 /);
      expect(sockets).toMatch(/:9090 /);
    });
  });

  afterAll(async () => {
    await exec("kube-1", ["systemctl", "stop", unit]);
    await exec("kube-1", ["systemctl", "start", exporter]);
  });

  test("gets other ports only with consent", async () => {
    const { exitCode, stderr } = await init({ node, yes: undefined }, ["ports"]);
    expect(exitCode).toBe(1);
    // The kernel says which program it is since Linux 6.11.
    const owner = "(other-exporters\\.service|another program)";
    for (const said of [
      `localhost: ${owner} has port 9100; this program's node_exporter takes 9101\\.`,
      `localhost: ${owner} has port 9090; this program's Prometheus takes 9091\\.`,
      "Continue with these ports\\? .* If so: --yes",
    ]) {
      expect(stderr).toMatch(new RegExp(said));
    }
    expect(stderr).not.toContain("127.0.0.1: ");
    expect(existsSync(join(clone, "Pulumi.ports.yaml"))).toBe(false);
  });

  test("has them in its settings", async () => {
    const { exitCode, stderr } = await init({ node }, ["ports"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const { config } = parse(readFileSync(join(clone, "Pulumi.ports.yaml"), "utf8")) as {
      config: Record<string, object[]>;
    };
    expect(config["pi-monitoring:nodes"]).toEqual([
      expect.objectContaining({
        host: "localhost",
        master: true,
        nodeExporter: { port: 9101 },
        prometheus: { port: 9091 },
      }),
      expect.not.objectContaining({ nodeExporter: expect.anything() as object }),
    ]);
  });
});

test("a Pi that announces only its name is found", async () => {
  const install = "DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends avahi-daemon";
  await shell("kube-0", `apt-get update && ${install}`);
  try {
    expect(await exec("kube-0", ["cat", "/etc/avahi/avahi-daemon.conf"])).toContain("publish-workstation=no");
    const begin = Date.now();
    expect(await discoverMachines()).toContainEqual({ host: "kube-0.local", isDebian: true });
    expect(Date.now() - begin).toBeLessThan(10_000);
  } finally {
    await exec("kube-0", ["apt-get", "purge", "--yes", "--auto-remove", "avahi-daemon"]);
  }
});

describe("Pis whose sudo asks for a password", () => {
  const password = "s3 cret'\"$x";
  const passwordFile = join(folder, "sudo-password-of-all");
  /** Images and the exporter of the rehearsal, by their settings. */
  let substitutes: Readonly<Record<string, string>>;
  const before: { readonly pi: string; readonly rights: string; readonly shadow: string }[] = [];
  // Where the providers are stand-ins, they serve this stack for once.
  const inClone = () => ({ cwd: clone, env: { ...environment, [servedStackVariable]: "fresh" } });

  beforeAll(async () => {
    const stack = await openStack("dev");
    const { images, exporter } = await stack.settings();
    substitutes = {
      ...Object.fromEntries(Object.entries(images).map(([name, image]) => [`images.${name}`, image])),
      "exporter.url": exporter.url,
      "exporter.sha256": exporter.sha256,
    };
    writeFileSync(passwordFile, `${password}\n`);
    await pulumiOrFail(stack, "destroy");
    for (const pi of pis) {
      const rights = await shell(pi, "cat /etc/sudoers.d/pi");
      before.push({ pi, rights, shadow: (await shell(pi, "getent shadow pi | cut -d: -f2")).trim() });
      await shell(pi, 'printf "%s\\n" "pi ALL=(ALL:ALL) ALL" >/etc/sudoers.d/pi');
      await shell(pi, 'printf "pi:%s\\n" "$1" | chpasswd', password);
    }
  });

  afterAll(async () => {
    await $({
      nothrow: true,
      ...inClone(),
    })`pulumi destroy --stack fresh --yes --non-interactive --skip-preview`;
    for (const { pi, rights, shadow } of before) {
      await shell(pi, 'printf "%s" "$1" >/etc/sudoers.d/pi; rm -f /etc/sudoers.d/pi-monitoring', rights);
      await shell(pi, 'usermod --password "$1" pi', shadow);
    }
    await startRehearsal();
  });

  test("go from init to a green doctor without a file edited on them", async () => {
    const addresses = await Promise.all(
      ["vps", ...pis].map(async (machine) => {
        const format = `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`;
        return (await $`docker inspect --format ${format} ${containerOf(machine)}`).stdout.trim();
      }),
    );
    const [vps = "", ...node] = addresses;
    const { exitCode, stderr } = await init({ vps, node, "sudo-password-file": passwordFile }, ["fresh"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const $fresh = $({ nothrow: true, ...inClone() });
    await $fresh`pulumi config set pi-monitoring:certificates local --stack fresh`;
    // What cannot be downloaded everywhere is as in the rehearsal.
    for (const [key, value] of Object.entries(substitutes)) {
      await $fresh`pulumi config set --path ${`pi-monitoring:${key}`} ${value} --stack fresh`;
    }
    // The rehearsal's own stack needs the names of the volumes again.
    await $fresh`pulumi config set pi-monitoring:keepVolumes false --stack fresh`;
    const deployed = await runOrFail("deploy", ["fresh", "--yes"], inClone());
    await eventually("a green doctor", 180, async () => {
      const { exitCode, stdout } = await run("doctor", ["fresh"], inClone());
      expect(stdout).toContain("Nothing is wrong.");
      for (const pi of pis) {
        expect(stdout).toContain(pi);
      }
      expect(exitCode).toBe(0);
    });
    expect(deployed.output).not.toContain(password);
  });
});

/** A server on a free port of this machine that greets every client. */
async function listen(greeting: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined).write(greeting);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
