import { sshCommand, type SshMachine } from "../../components/machine/ssh";
import { $ } from "../cli/shell";
import { jumpProblem } from "./jumpHost";
import { requireSshVersion, sshFailures } from "./sshVersion";

/** Seconds within which a script must print its first line, for each login, and end. */
const secondsOfLogin = 8;
const totalSeconds = 60;

/** What a script on a machine has printed. */
export interface RunOutput {
  readonly stdout: string;
  /** When the script was started, and when its first line came, in milliseconds. */
  readonly startedAt: number;
  readonly answeredAt: number;
}

/** Why a script could not run. */
export interface RunFailure {
  readonly reason: string;
  /** Whether the login has succeeded. */
  readonly reached: boolean;
}

/**
 * Runs a script that prints something at once on a machine, in one SSH session.
 *
 * @param command runs a script that it gets on standard input
 */
export async function runOnMachine(
  machine: SshMachine,
  script: string,
  command: string,
): Promise<RunOutput | RunFailure> {
  const { jump } = machine;
  const firstLineSeconds = secondsOfLogin * (jump === undefined ? 1 : 2);
  const startedAt = Date.now();
  const [ssh = "", ...options] = sshCommand(machine, ...command.split(" "));
  // A connection of its own: the process that opens a shared one goes on for the others, and so would the wait.
  const start = $({ input: script, nothrow: true, timeout: `${totalSeconds}s` });
  const session = start`${[ssh, "-o", "ControlPath=none", ...options]}`;
  // A machine that hangs accepts the connection and never answers.
  const deadline = setTimeout(() => void session.kill(), firstLineSeconds * 1000);
  let answeredAt = 0;
  session.stdout.once("data", () => {
    answeredAt = Date.now();
    clearTimeout(deadline);
  });
  const { exitCode, stdout, stderr } = await session;
  clearTimeout(deadline);
  if (exitCode === 0) {
    return { stdout, startedAt, answeredAt };
  }
  if (sshFailures.includes(exitCode)) {
    await requireSshVersion();
  }
  const reached = answeredAt > 0 || (exitCode !== null && exitCode !== 255);
  // ssh does not say which of the two machines it means.
  const problem = reached || jump === undefined ? undefined : await jumpProblem(machine, jump);
  const errors = problem ?? stderr.trim();
  const silent = `no answer within ${answeredAt === 0 ? firstLineSeconds : totalSeconds} seconds`;
  return { reason: errors === "" ? silent : errors, reached };
}
