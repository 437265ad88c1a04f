import { serverCommand } from "../../components/server/engine/serverEngine";
import type { Settings } from "../../components/settings/settings";
import { UserError } from "../../components/userError";
import { $ } from "../cli/shell";

/** What ssh exits with when it is not the command that failed. */
const sshFailed = 255;

/**
 * Runs `argv` on the server with a local file, or nothing, as its input.
 *
 * @returns what it prints
 * @throws UserError with what it says when it fails
 */
export async function onServer(
  { vps }: Settings,
  argv: readonly string[],
  inputFile = "/dev/null",
): Promise<string> {
  const result = await $({ nothrow: true })`${serverCommand(vps, ...argv)} < ${inputFile}`;
  if (result.exitCode !== 0) {
    throw failure(vps, result.exitCode, `${argv.join(" ")}: ${result.stderr.trim()}`);
  }
  return result.stdout;
}

/**
 * Logs in to the server once. All connections of an `up` share that login; without it they would all log in at once,
 * and sshd drops such bursts (MaxStartups). A server that cannot be reached is for the `up` to tell.
 *
 * @returns whether it can be reached
 */
export async function shareLogin({ vps }: Settings): Promise<boolean> {
  return vps === "local" || (await $({ nothrow: true })`${serverCommand(vps, "true")}`).exitCode === 0;
}

/** The error for a command on the server. */
export function failure(vps: Settings["vps"], exitCode: number | null, message: string): UserError {
  return vps !== "local" && exitCode === sshFailed
    ? new UserError(`${vps.host} cannot be reached by SSH. ${message}`)
    : new UserError(message);
}
