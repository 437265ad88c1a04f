import { jumpCommand, sshCommand, type SshHost, type SshMachine } from "../../components/machine/ssh";
import { $ } from "../cli/shell";
import { requireSshVersion, exitCodesOfSsh } from "./sshVersion";
import { connectTimeoutSeconds } from "./sshGreeting";

/** Seconds for the login to a jump host, and its connection to the machine behind it. */
const timeLimit = 2 * connectTimeoutSeconds;

/** Logs in once to each jump host, which drops some logins of a burst. The connections that follow share that login. */
export async function shareJumpLogins(machines: readonly SshMachine[]): Promise<void> {
  const commands = machines.flatMap(({ host, port, jump }) =>
    jump === undefined ? [] : [[JSON.stringify(jump), jumpCommand(jump, host, port)] as const],
  );
  await Promise.all([...new Map(commands).values()].map(connect));
}

/**
 * Why a machine does not answer SSH through its jump host, or why one of the two host keys is refused.
 *
 * @returns a sentence that names the machine of the two; undefined if both are as they should be
 */
export async function jumpProblem(machine: SshMachine, jump: SshHost): Promise<string | undefined> {
  const [ssh = "", ...options] = jumpCommand(jump, machine.host, machine.port);
  let connection = await connect([ssh, ...options]);
  if (!connection.isAnswered && connection.hasEnded) {
    // Through a shared login, or as errors only, ssh does not say why the jump host refuses a connection.
    connection = await connect([ssh, "-o", "ControlPath=none", "-o", "LogLevel=INFO", ...options]);
  }
  if (connection.isAnswered) {
    return hostKeyProblem(machine);
  }
  await requireSshVersion();
  return explainJump(connection.stderr, machine, jump);
}

/** What came of a connection. */
interface Connection {
  readonly isAnswered: boolean;
  /** Whether ssh has given up, and not the limit of time ended it. */
  readonly hasEnded: boolean;
  readonly stderr: string;
}

async function connect(command: readonly string[]): Promise<Connection> {
  const session = $({ nothrow: true, timeout: `${timeLimit}s` })`${command}`;
  session.stdout.once("data", () => void session.kill());
  const { exitCode, stdout, stderr } = await session;
  return { isAnswered: stdout.startsWith("SSH-"), hasEnded: exitCodesOfSsh.includes(exitCode), stderr };
}

/** Exchanges keys with the machine, without logging in. */
async function hostKeyProblem(machine: SshMachine): Promise<string | undefined> {
  const [ssh = "", ...words] = sshCommand(machine, "true");
  const run = $({ nothrow: true, timeout: `${timeLimit}s` });
  const { stderr } = await run`${[ssh, "-o", "PreferredAuthentications=none", ...words]} < /dev/null`;
  return /^Host key verification failed\.$/m.test(stderr)
    ? `${machine.host} shows another host key than the settings have. (That of the jump host ${machine.jump?.host ?? ""} is right.)`
    : undefined;
}

/**
 * Why a jump host leads to no SSH server.
 *
 * @param stderr of `ssh -W` without a shared login; empty after a timeout
 */
export function explainJump(
  stderr: string,
  { host, port }: Pick<SshMachine, "host" | "port">,
  jump: SshHost,
): string {
  const name = `the jump host ${jump.host}`;
  const refusal = /open failed: connect failed: (.*)$/m.exec(stderr.replaceAll("\r", ""))?.[1];
  if (refusal !== undefined) {
    return `${host} does not answer ${name} on port ${port}: ${refusal}`;
  }
  if (/open failed: administratively prohibited/.test(stderr)) {
    return `${name} may not connect to ${host}: AllowTcpForwarding and PermitOpen in its sshd_config must allow it`;
  }
  if (/^Host key verification failed\.$/m.test(stderr)) {
    return `${name} shows another host key than its sshJump.hostKey in the settings`;
  }
  if (/permission denied|too many authentication/i.test(stderr)) {
    const key = jump.key === "agent" ? "a key of the agent" : jump.key;
    return `${name} does not accept ${jump.user} with ${key}`;
  }
  const reason = stderr.replaceAll("\r", "").trim().replaceAll("\n", " ");
  return reason === ""
    ? `${host} does not answer through ${name} within ${timeLimit} seconds`
    : `${name} cannot be reached: ${reason}`;
}
