import { $ as zx } from "zx";

// An outermost bash whose input is a socket, as Node's children have it, takes itself for a remote login and reads
// ~/.bashrc before every command. Where nobody has counted the shells (cron, CI), this makes it an inner one.
process.env["SHLVL"] = "1";

/** zx's `$`, silent: what a command says is in its error if it fails. */
export const $ = zx({ quiet: true });

/** Whether there is a process of that number. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
