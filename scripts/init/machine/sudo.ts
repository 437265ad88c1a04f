import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sudoersLine } from "../../../components/machine/remoteScript";
import { sshCommand, type SshMachine } from "../../../components/machine/ssh";
import { $ } from "../../cli/shell";
import { UserError } from "../../../components/userError";
import type { CheckResult, Warning } from "../questionLoop";
import { explainLogin } from "./login";
import { readMachineFacts } from "./machineFacts";

/** As in `permitSudo.sh`. */
const sudoersFile = "/etc/sudoers.d/pi-monitoring";

/**
 * Runs the script that follows on standard input, from its first line on. Where sudo does not ask, the password comes
 * first, which sudo has not read.
 */
const runScript = 'while IFS= read -r line; do [ "$line" != "#!/bin/sh" ] || exec sh -s -- "$@"; done';

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

/** The outcome of a run of `permitSudo.sh`. */
type Outcome = { readonly refusals: readonly string[] } | { readonly failure: string };

/**
 * Tries the password on all machines, and asks for consent to the line of sudoers. Nothing is written.
 *
 * @param machines on which sudo asks for a password
 */
export async function checkSudoPassword(
  password: string,
  machines: readonly SshMachine[],
): Promise<CheckResult<string>> {
  if (password === "" || /[\r\n]/.test(password)) {
    return { mistakes: ["The password of sudo must be one line, and not empty."] };
  }
  // First without a script: after a wrong password, sudo would read its lines as further attempts.
  const tried = await onAll(machines, (machine) => runAsRoot(machine, password, "inspect", ""));
  const wrong = tried.filter(({ outcome }) => isWrong(outcome)).map(({ machine }) => machine.host);
  const mistakes = [
    ...(wrong.length === 0
      ? []
      : [
          `sudo on ${wrong.join(", ")} does not accept this password. (For a machine with another one, docs/production.md has a command.)`,
        ]),
    ...tried.filter(({ outcome }) => !isWrong(outcome)).flatMap(describe),
  ];
  if (mistakes.length > 0) {
    return { mistakes };
  }
  const script = await readScript();
  const inspected = await onAll(machines, (machine) => runAsRoot(machine, password, "inspect", script));
  const refusals = inspected.flatMap(describe);
  return refusals.length > 0 ? { mistakes: refusals } : { value: password, warnings: [consentFor(machines)] };
}

/**
 * Writes the line of sudoers, and checks that sudo no longer asks.
 *
 * @throws UserError with what has failed
 */
export async function permitSudo(password: string, machines: readonly SshMachine[]): Promise<void> {
  const script = await readScript();
  const written = await onAll(machines, (machine) => runAsRoot(machine, password, "apply", script));
  const mistakes = written.flatMap(describe);
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

function consentFor(machines: readonly SshMachine[]): Warning {
  const users = [...new Set(machines.map(({ user }) => user))];
  return {
    lines: users.flatMap((user) => {
      const hosts = machines.filter((machine) => machine.user === user).map(({ host }) => host);
      return [`${sudoersFile} on ${hosts.join(", ")}:`, `  ${sudoersLine(user)}`];
    }),
    question:
      "A deploy cannot ask for a password. May init write this line there? (docs/security.md says what it allows.)",
    flag: "yes",
  };
}

interface Run {
  readonly machine: SshMachine;
  readonly outcome: Outcome;
}

function onAll(
  machines: readonly SshMachine[],
  run: (machine: SshMachine) => Promise<Outcome>,
): Promise<Run[]> {
  return Promise.all(machines.map(async (machine) => ({ machine, outcome: await run(machine) })));
}

async function runAsRoot(
  machine: SshMachine,
  password: string,
  verb: "inspect" | "apply",
  script: string,
): Promise<Outcome> {
  // `-k` makes sudo ask again, so that the password is tried.
  const sudo = ["env", "LC_ALL=C", "sudo", "-k", "-S", "-p", "", "--"];
  const words = [...sudo, "sh", "-c", runScript, "sh", verb, sudoersLine(machine.user)];
  const { exitCode, stdout, stderr } = await $({
    nothrow: true,
    timeout: "30s",
    input: `${password}\n${script}`,
  })`${sshCommand(machine, ...words)}`;
  if (exitCode === 0) {
    return { refusals: [...stdout.matchAll(/^refusal=(.*)$/gm)].map(([, sentence = ""]) => sentence) };
  }
  // The exit code of ssh's own errors.
  return { failure: exitCode === 255 ? explainLogin(stderr, machine) : stderr };
}

function isWrong(outcome: Outcome): boolean {
  return "failure" in outcome && /incorrect (password|authentication)|try again/i.test(outcome.failure);
}

function describe({ machine, outcome }: Run): string[] {
  const { user, host } = machine;
  if ("refusals" in outcome) {
    return outcome.refusals.map((refusal) => `${host}: ${refusal}`);
  }
  if (/not in the sudoers file|not allowed to (execute|run)|may not run sudo/i.test(outcome.failure)) {
    return [
      `${user} is not in the sudoers file on ${host}, or may not run everything with sudo: ${asRoot(user)}, or give another user.`,
    ];
  }
  const said = outcome.failure.trim().split("\n").at(-1) ?? "";
  return [`${host}: sudo fails: ${said === "" ? "no answer within 30 seconds" : said}`];
}

function readScript(): Promise<string> {
  return readFile(join(__dirname, "permitSudo.sh"), "utf8");
}
