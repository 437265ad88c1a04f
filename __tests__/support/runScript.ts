import { spawnSync } from "node:child_process";

export interface ScriptResult {
  /** The exit code; null if a signal has ended the script. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a script as the program does, on the standard input of `sh -s`.
 *
 * @param words its arguments
 * @param stubs shell functions that take the place of commands; programs that the script starts do not see them
 */
export function runScript(script: string, words: readonly string[], stubs = ""): ScriptResult {
  return spawnSync("sh", ["-s", "--", ...words], { input: `${stubs}\n${script}`, encoding: "utf8" });
}
