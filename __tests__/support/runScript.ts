import { spawnSync } from "node:child_process";

export interface ScriptResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a script as the program does, on the standard input of `sh -s`.
 *
 * @param stubs shell functions that take the place of commands
 */
export function runScript(script: string, words: readonly string[], stubs = ""): ScriptResult {
  return spawnSync("sh", ["-s", "--", ...words], { input: `${stubs}\n${script}`, encoding: "utf8" });
}
