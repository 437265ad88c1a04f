import { runScript, type ScriptResult } from "./runScript";

/** A stub that has been forgotten must not change the packages of this machine. */
const noPackages = 'apt_get() { echo "apt-get $* has no stub" >&2; exit 1; }';

/**
 * Runs one function of a node's script, which would otherwise change this machine.
 *
 * @param stubs shell functions that take the place of commands and of the script's other functions
 */
export function runNodeFunction(script: string, name: string, stubs: string): ScriptResult {
  const call = '\n"$1"\n';
  if (!script.endsWith(call)) {
    throw new Error("the script does not end with the call of its first argument");
  }
  return runScript([script.slice(0, -call.length), noPackages, stubs].join("\n") + call, [name]);
}
