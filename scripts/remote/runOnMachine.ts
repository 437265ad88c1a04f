import { sshCommand, type SshMachine } from "../../components/machine/ssh";
import { $, terminated } from "../cli/shell";
import { jumpProblem } from "./jumpHost";
import { requireSshVersion, exitCodesOfSsh } from "./sshVersion";

/** Seconds until a script's first output, once for each login: with a jump host there are two. */
const secondsOfLogin = 8;
/** Seconds after which a script is ended. */
const totalSeconds = 60;

/** What a script on a machine has printed. */
export interface RunOutput {
  readonly stdout: string;
  /** When the script was started, and when its first output came, in milliseconds: between the two it has read its clock. */
  readonly startedAt: number;
  readonly answeredAt: number;
}

/** Why a script could not run. */
export interface RunFailure {
  readonly reason: string;
  /** Whether it is certain that the login has succeeded. */
  readonly reached: boolean;
}

/**
 * Runs a script that prints something at once on a machine, in one SSH session.
 *
 * @param command runs a script that it gets on standard input, such as `sh -s`; it is split at blanks
 */
export async function runOnMachine(
  machine: SshMachine,
  script: string,
  command: string,
): Promise<RunOutput | RunFailure> {
  const { jump } = machine;
  const firstOutputSeconds = secondsOfLogin * (jump === undefined ? 1 : 2);
  const startedAt = Date.now();
  const [ssh = "", ...options] = sshCommand(machine, ...command.split(" "));
  // No shared connection: the ssh that opens one stays for the others, and this call would wait for its end.
  const start = $({ input: script, nothrow: true, timeout: `${totalSeconds}s` });
  const session = start`${[ssh, "-o", "ControlPath=none", ...options]}`;
  // A machine that hangs accepts the connection and never answers.
  const deadline = setTimeout(() => void session.kill(), firstOutputSeconds * 1000);
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
  if (exitCodesOfSsh.includes(exitCode)) {
    await requireSshVersion();
  }
  const reached = answeredAt > 0 || (exitCode !== null && exitCode !== 255);
  // ssh does not say which of the two machines it means.
  const problem = reached || jump === undefined ? undefined : await jumpProblem(machine, jump);
  const errors = problem ?? stderr.trim();
  const late =
    answeredAt === 0
      ? `no answer within ${firstOutputSeconds} seconds`
      : `it answered, but did not end within ${totalSeconds} seconds`;
  // Neither ssh nor a script gives this status by itself: SIGTERM has ended ssh after one of the two times.
  const isLate = exitCode === null || exitCode === terminated;
  const silent = isLate ? late : `it failed with status ${exitCode} and no message`;
  return { reason: errors === "" ? silent : errors, reached };
}
