import { sshCommand, type SshMachine } from "../../components/machine/ssh";
import { $ } from "../cli/shell";

/** Seconds within which a machine must say its first word, and its last. */
const firstWord = 8;
const lastWord = 60;

/** What a script on a machine has printed. */
export interface Heard {
  readonly stdout: string;
  /** When the machine was asked, and when its first line came, in milliseconds. */
  readonly asked: number;
  readonly heard: number;
}

/** Why a machine could not be looked at. */
export interface Unseen {
  readonly reason: string;
  /** Whether it has let us in. */
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
): Promise<Heard | Unseen> {
  const asked = Date.now();
  const [ssh = "", ...options] = sshCommand(machine, ...command.split(" "));
  // A connection of its own: one that others share goes on after the end of who has begun it, and so would the wait.
  const session = $({
    input: script,
    nothrow: true,
    timeout: `${lastWord}s`,
  })`${[ssh, "-o", "ControlPath=none", ...options]}`;
  // One that hangs takes a connection and never says a word.
  const deadline = setTimeout(() => void session.kill(), firstWord * 1000);
  let heard = 0;
  session.stdout.once("data", () => {
    heard = Date.now();
    clearTimeout(deadline);
  });
  const { exitCode, stdout, stderr } = await session;
  clearTimeout(deadline);
  if (exitCode === 0) {
    return { stdout, asked, heard };
  }
  const said = stderr.trim();
  const silent = `no answer within ${heard === 0 ? firstWord : lastWord} seconds`;
  // ssh's own mistakes are 255.
  return {
    reason: said === "" ? silent : said,
    reached: heard > 0 || (exitCode !== null && exitCode !== 255),
  };
}
