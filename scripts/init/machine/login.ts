import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { expandHome, type SshMachine } from "../../../components/machine/ssh";
import { $ } from "../../cli/shell";
import { agentState, type AgentState } from "../../remote/sshAgent";

const agentMistakes: Readonly<Record<AgentState, string | undefined>> = {
  ready: undefined,
  empty: "The SSH agent has no key: `ssh-add` gives it one.",
  silent: "There is no SSH agent here: `eval $(ssh-agent)` and `ssh-add`, or give the path of a key.",
};

/** What is wrong with the key for the logins of a deploy, if anything. */
export async function keyMistake(key: string): Promise<string | undefined> {
  return key === "agent" ? agentMistakes[await agentState()] : fileMistake(key);
}

async function fileMistake(key: string): Promise<string | undefined> {
  const path = expandHome(key);
  if (!existsSync(path)) {
    return `${key}: there is no such file. \`ssh-keygen -t ed25519\` makes a key, \`ssh-copy-id\` copies it to the machines.`;
  }
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) {
    return `"${key}" is not a file that ${userInfo().username} may read.`;
  }
  if (/^(ssh-|ecdsa-|sk-)/.test(text)) {
    return `${key} is the public half of a key: give the private one, without .pub at the end.`;
  }
  const { exitCode, stderr } = await $({ nothrow: true })`ssh-keygen -y -P ${""} -f ${path}`;
  return exitCode === 0 ? undefined : explainKey(stderr, key);
}

/** @param stderr of `ssh-keygen -y` without a passphrase */
function explainKey(stderr: string, key: string): string {
  if (/UNPROTECTED|bad permissions/i.test(stderr)) {
    return `${key} can be read by others, and ssh refuses such a key: \`chmod 600 ${key}\`.`;
  }
  if (/passphrase/i.test(stderr)) {
    return `${key} has a passphrase, for which a deploy cannot ask: \`ssh-add ${key}\`, and give "agent" as the key.`;
  }
  return `${key} is not a private key that OpenSSH can read: ${stderr.trim()}`;
}

/**
 * Why a login failed on a machine whose host key is right.
 *
 * @param stderr of `ssh`; empty after a timeout
 */
export function explainLogin(stderr: string, { user, host, key, port }: SshMachine): string {
  if (/permission denied|too many authentication/i.test(stderr)) {
    const option = port === 22 ? "" : `-p ${port} `;
    const copy = key === "agent" ? "ssh-copy-id" : `ssh-copy-id -i ${key}`;
    return `${host} does not accept ${user} with ${key === "agent" ? "a key of the agent" : key}: \`${copy} ${option}${user}@${host}\`, or give another key or user. For one machine, the user is given with its address, as USER@HOST.`;
  }
  if (/host key/i.test(stderr)) {
    return `${host} shows another host key than a moment ago: another machine may intercept the connection.`;
  }
  return `${user}@${host} cannot be logged in to: ${stderr.trim() || "no answer within 40 seconds"}`;
}
