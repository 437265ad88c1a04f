import { runScript, type ScriptResult } from "./runScript";

/** Where a test has no stub of one of these, it must not change this machine. */
const guarded = [
  "apt_get",
  "systemctl",
  "useradd",
  "usermod",
  "userdel",
  "groupdel",
  "mount",
  "umount",
  "unshare",
];
const guards = guarded.map((name) => `${name}() { echo "${name} $* has no stub" >&2; exit 1; }`).join("\n");

/**
 * Runs one function of a node's script. The script as a whole would change this machine.
 *
 * @param stubs shell functions that take the place of commands and of the script's other functions
 */
export function runNodeFunction(script: string, name: string, stubs: string): ScriptResult {
  const call = '\n"$1"\n';
  if (!script.endsWith(call)) {
    throw new Error("the script does not end with the call of its first argument");
  }
  return runScript([script.slice(0, -call.length), guards, stubs].join("\n") + call, [name]);
}
