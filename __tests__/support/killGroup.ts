import type { ChildProcess } from "node:child_process";

/** Sends a signal to a process that was started with `detached`, and to all that it has started. */
export function killGroup({ pid }: Pick<ChildProcess, "pid">, signal: NodeJS.Signals): void {
  // Without a process, the signal would go to the group of Jest.
  if (pid === undefined) {
    throw new Error("The process was not started.");
  }
  process.kill(-pid, signal);
}
