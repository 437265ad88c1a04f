import type { ChildProcess } from "node:child_process";

/** Sends a signal to a process that was started with `detached`, and to all that it has started. */
export function killGroup({ pid }: Pick<ChildProcess, "pid">, signal: NodeJS.Signals): void {
  // It is unset if the process could not be started.
  if (pid === undefined) {
    throw new Error("The process was not started.");
  }
  process.kill(-pid, signal);
}
