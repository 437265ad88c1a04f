import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sudoersLine } from "../../../components/machine/remoteScript";
import { sshCommand, type SshMachine } from "../../../components/machine/ssh";
import { $, printedValues } from "../../cli/shell";
import { UserError } from "../../../components/userError";
import { type Checked, refuse, warn, type Warning } from "../checkResult";
import { explainLogin } from "./login";
import { readMachineFacts } from "./machineFacts";

/** As in `permitSudo.sh` and `piNode.sh.mustache`. */
const sudoersFile = "/etc/sudoers.d/pi-monitoring";

/**
 * A shell command that runs the script on standard input, from its first line on. Where sudo does not ask, the password
 * stands before it, as sudo has not read it.
 */
const scriptReader = 'while IFS= read -r line; do [ "$line" != "#!/bin/sh" ] || exec sh -s -- "$@"; done';

/** The command that writes the line of sudoers from a terminal, where sudo asks for the password. */
export function permitCommand({ user, host, port, key }: SshMachine): string {
  const options = [
    ...(port === 22 ? [] : ["-p", `${port}`]),
    ...(key === "agent" || key === "~/.ssh/id_ed25519" ? [] : ["-i", key]),
  ];
  // It has no double quotes, `$` or `!`, which this machine's shell would expand.
  const remote = `echo '${sudoersLine(user)}' | sudo sh -c 'umask 0337; cat > ${sudoersFile}'`;
  return ["ssh", "-t", ...options, `${user}@${host}`, `"${remote}"`].join(" ");
}

/** The command that writes the line of sudoers as root. */
function asRoot(user: string): string {
  return `as root there, \`(umask 0337; echo '${sudoersLine(user)}' > ${sudoersFile})\``;
}

/** The message without a terminal and without a file that has the password. */
export function passwordMissing(machine: SshMachine): string {
  const { user, host } = machine;
  return `sudo asks ${user} for a password on ${host}: give it by --sudo-password-file FILE, or at a terminal: \`${permitCommand(machine)}\``;
}

/** The message if sudo asks for a password and the user has none. */
export function noPassword({ user, host }: SshMachine): string {
  return `sudo asks ${user} for a password on ${host}, and ${user} has none: ${asRoot(user)}, or write the card again with a password in Raspberry Pi Imager.`;
}

/**
 * Tries the password on all machines, and asks for consent to the line of sudoers. Nothing is written.
 *
 * @param machines on which sudo asks for a password
 */
export async function checkSudoPassword(
  password: string,
  machines: readonly SshMachine[],
): Promise<Checked<string>> {
  if (password === "" || /[\r\n]/.test(password)) {
    refuse(["The password of sudo must be one line, and not empty."]);
  }
  // First without a script: after a wrong password, sudo would read its lines as further attempts.
  const tried = await runOnAll(machines, password, "inspect", "");
  const wrong = tried.filter(({ isWrongPassword }) => isWrongPassword);
  const hosts = wrong.map(({ machine }) => machine.host).join(", ");
  refuse([
    hosts === ""
      ? undefined
      : `sudo on ${hosts} does not accept this password. (For a machine with another one, docs/production.md has a command.)`,
    ...tried.filter((run) => !wrong.includes(run)).flatMap(({ mistakes }) => mistakes),
  ]);
  const inspected = await runOnAll(machines, password, "inspect", await readScript());
  refuse(inspected.flatMap(({ mistakes }) => mistakes));
  return { value: password, warnings: consentWarnings(machines) };
}

/**
 * Writes the line of sudoers, and checks that sudo no longer asks.
 *
 * @throws UserError with what has failed
 */
export async function permitSudo(password: string, machines: readonly SshMachine[]): Promise<void> {
  const written = await runOnAll(machines, password, "apply", await readScript());
  const mistakes = written.flatMap((run) => run.mistakes);
  if (mistakes.length === 0) {
    const facts = await Promise.all(machines.map((machine) => readMachineFacts(machine, "node")));
    mistakes.push(
      ...machines
        .filter((_, index) => facts[index]?.sudo !== "works")
        .map(
          ({ user, host }) =>
            `sudo on ${host} still asks ${user}, though ${sudoersFile} has the line: \`sudo -l\` there lists the rules, of which the last match counts.`,
        ),
    );
  }
  if (mistakes.length > 0) {
    throw new UserError("No settings were written:", mistakes);
  }
}

function consentWarnings(machines: readonly SshMachine[]): Warning[] {
  const users = [...new Set(machines.map(({ user }) => user))];
  const lines = users.flatMap((user) => {
    const hosts = machines.filter((machine) => machine.user === user).map(({ host }) => host);
    return [`${sudoersFile} on ${hosts.join(", ")}:`, `  ${sudoersLine(user)}`];
  });
  return warn(
    lines,
    "A deploy cannot ask for a password. May init write this line there? (docs/security.md says what it allows.)",
  );
}

/** A run of `permitSudo.sh`. */
interface Run {
  readonly machine: SshMachine;
  readonly mistakes: readonly string[];
  readonly isWrongPassword: boolean;
}

function runOnAll(
  machines: readonly SshMachine[],
  password: string,
  verb: "inspect" | "apply",
  script: string,
): Promise<Run[]> {
  return Promise.all(
    machines.map(async (machine) => {
      // `-k` makes sudo ask again, so that the password is tried.
      const sudo = ["env", "LC_ALL=C", "sudo", "-k", "-S", "-p", "", "--"];
      const words = [...sudo, "sh", "-c", scriptReader, "sh", verb, sudoersLine(machine.user)];
      const run = $({ nothrow: true, timeout: "30s", input: `${password}\n${script}` });
      const { exitCode, stdout, stderr } = await run`${sshCommand(machine, ...words)}`;
      if (exitCode === 0) {
        const refusals = printedValues(stdout, "refusal").map((refusal) => `${machine.host}: ${refusal}`);
        return { machine, mistakes: refusals, isWrongPassword: false };
      }
      // The exit code of ssh's own errors.
      const failure = exitCode === 255 ? explainLogin(stderr, machine) : stderr;
      const isWrongPassword = /incorrect (password|authentication)|try again/i.test(failure);
      return { machine, mistakes: [describeFailure(failure, machine)], isWrongPassword };
    }),
  );
}

function describeFailure(failure: string, { user, host }: SshMachine): string {
  if (/not in the sudoers file|not allowed to (execute|run)|may not run sudo/i.test(failure)) {
    return `${user} is not in the sudoers file on ${host}, or may not run everything with sudo: ${asRoot(user)}, or give another user.`;
  }
  const said = failure.trim().split("\n").at(-1) ?? "";
  return `${host}: sudo fails: ${said === "" ? "no answer within 30 seconds" : said}`;
}

function readScript(): Promise<string> {
  return readFile(join(__dirname, "permitSudo.sh"), "utf8");
}
