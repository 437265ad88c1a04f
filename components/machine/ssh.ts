import { lstatSync, mkdirSync } from "node:fs";
import { userInfo } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { sha256 } from "../sha256";
import { quoteShell } from "../template";

/** A machine that this one connects to by SSH, with the user, key and host key of its settings. */
export interface SshHost {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly key: string;
  readonly hostKey: string;
}

/** A machine that is reached by SSH. */
export interface SshMachine extends SshHost {
  /** The machine through which it is reached; unset for a direct connection. */
  readonly jump?: SshHost | undefined;
}

/** The program and arguments that run `argv` on a machine from this one. */
export function sshCommand(machine: SshMachine, ...argv: string[]): string[] {
  // ssh hands the remote shell one line, so the words are quoted for it.
  const remote = argv.map(quoteWord).join(" ");
  return ["ssh", ...sshOptions(machine), "-p", `${machine.port}`, `${machine.user}@${machine.host}`, remote];
}

/** Options for the system's ssh: it asks no questions, and accepts the host key of the settings only. */
export function sshOptions(machine: SshMachine): string[] {
  const { host, port, jump } = machine;
  const way =
    jump === undefined
      ? sharedLogin(controlPath())
      : ["ControlPath=none", `ProxyCommand=${proxyCommand(jump, host, port)}`];
  return optionsFor(machine, way);
}

/** @param way how the connection is made */
function optionsFor({ key, hostKey }: SshHost, way: readonly string[]): string[] {
  // Pulumi's state has these options: with `~`, which ssh expands, they are the same on each machine that deploys.
  const file = isInHome(key) ? key : expandHome(key);
  const identity = key === "agent" ? [] : [`IdentityFile=${optionWord(file)}`, "IdentitiesOnly=yes"];
  const trust =
    hostKey === "unchecked"
      ? ["StrictHostKeyChecking=no"]
      : ["StrictHostKeyChecking=yes", `KnownHostsCommand=/bin/echo %H ${hostKey}`];
  const options = [
    ...identity,
    ...trust,
    "UserKnownHostsFile=/dev/null",
    "GlobalKnownHostsFile=/dev/null",
    "BatchMode=yes",
    "ConnectTimeout=10",
    "LogLevel=ERROR",
    ...way,
  ];
  return options.flatMap((option) => ["-o", option]);
}

/** One login for all connections: sshd drops bursts of them (MaxStartups). */
function sharedLogin(socket: string): string[] {
  return ["ControlMaster=auto", `ControlPath=${socket}`, "ControlPersist=30"];
}

/**
 * The program and arguments that connect their standard input and output to a port that `jump` can reach. All connections
 * through it share one login there. Those to machines behind it share none: two networks may have the same addresses, and a
 * shared login would reach the wrong machine. A login with another host key is none of these: it may be that of the VPS.
 */
export function jumpCommand(jump: SshHost, host: string, port: number): string[] {
  const login = `${jump.user}@${jump.host}`;
  const options = optionsFor(jump, sharedLogin(controlPath(`${sha256(jump.hostKey).slice(0, 8)}-`)));
  return ["ssh", ...options, "-p", `${jump.port}`, "-W", `[${host}]:${port}`, login];
}

/** The line that ssh gives to the user's shell, after it has replaced what `%` begins. */
function proxyCommand(jump: SshHost, host: string, port: number): string {
  return jumpCommand(jump, host, port).map(quoteWord).join(" ").replaceAll("%", "%%");
}

/** A path as ssh reads it in an option, where it splits words and replaces what `%` begins. */
function optionWord(path: string): string {
  const escaped = path.replaceAll("%", "%%");
  return /[\s"'\\]/.test(escaped) ? `"${escaped.replace(/["\\]/g, "\\$&")}"` : escaped;
}

/** Bytes of a socket's path, without the zero at its end: 103 on macOS, 107 on Linux. */
const longestSocket = 103;
/** ssh replaces `%C` by 40 digits, and first makes the socket under a name with 17 characters more. */
const hashAndSuffix = 40 + 17;

/**
 * Where ssh has its control socket: in `~/.ssh`, or for a home folder with a long name in a folder of the user's own in
 * the temporary folder; `none` if that belongs to another user.
 *
 * @param group of the logins that may share a socket, beside the address and the user
 */
export function controlPath(group = "", home = userInfo().homedir, temporary = "/tmp"): string {
  const inHome = `.ssh/pi-monitoring-${group}`;
  if (Buffer.byteLength(join(home, inHome)) + hashAndSuffix <= longestSocket) {
    // ssh gives up when the folder is missing, as it is in the home of a fresh CI user.
    mkdirSync(join(home, ".ssh"), { recursive: true, mode: 0o700 });
    return `~/${inHome}%C`;
  }
  const { uid } = userInfo();
  const folder = join(temporary, `pi-monitoring-${uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  const isOwn = found.isDirectory() && found.uid === uid && (found.mode & 0o077) === 0;
  return isOwn ? `${folder}/${group}%C` : "none";
}

/** Quotes only what needs it, so that a failing command's error text can be read. */
export function quoteWord(word: string): string {
  return /^[A-Za-z0-9_./:@=,+-]+$/.test(word) ? word : quoteShell(word);
}

/**
 * The full path of a file; a relative path starts at the project. `~` is the home folder that the user database has, as it
 * is for ssh and Pulumi. HOME may differ from it, as in a job of GitHub that runs in a container.
 */
export function expandHome(path: string): string {
  if (isInHome(path)) {
    return join(userInfo().homedir, path.slice(1));
  }
  return isAbsolute(path) ? path : resolve(join(__dirname, "../.."), path);
}

function isInHome(path: string): boolean {
  return path === "~" || path.startsWith("~/");
}
