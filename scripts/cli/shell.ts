import { $ as zx } from "zx";

// A bash without SHLVL in its environment, as cron and CI start it, takes an input that is a socket, as Node's children
// have it, for a remote login, and reads ~/.bashrc before every command.
process.env["SHLVL"] = "1";

/** zx's `$` without output; the error of a command that fails has it. */
export const $ = zx({ quiet: true });

/** What bash exits with when SIGTERM has ended the command, as zx sends it after a timeout. */
export const terminated = 143;

/** Whether a process with this id exists, of any user. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user may not be signalled.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The values that a script has printed, in lines such as `NAME=VALUE`. */
export function printedValues(output: string, name: string): string[] {
  return [...output.matchAll(new RegExp(`^${name}=(.*)$`, "gm"))].map(([, value = ""]) => value);
}
