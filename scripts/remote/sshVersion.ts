import { $ } from "../cli/shell";
import { UserError } from "../../components/userError";

/** The first release with `KnownHostsCommand`. Source: https://www.openssh.com/txt/release-8.5 */
const oldest = { major: 8, minor: 5 };

/** The exit code of ssh for its own errors, and that of bash if there is no ssh. A remote command may have them too. */
export const exitCodesOfSsh: readonly (number | null)[] = [255, 127];

/** @throws UserError if this machine's `ssh` lacks what the commands need */
export async function requireSshVersion(): Promise<void> {
  const { exitCode, stderr } = await $({ nothrow: true })`ssh -V`;
  const problem = versionProblem(exitCode === 0 ? stderr : undefined);
  if (problem !== undefined) {
    throw new UserError(problem);
  }
}

/** @param version what `ssh -V` prints, if there is an `ssh` */
export function versionProblem(version: string | undefined): string | undefined {
  const needed = `OpenSSH ${oldest.major}.${oldest.minor} or newer is needed here`;
  if (version === undefined) {
    return `There is no ssh on this machine: ${needed}.`;
  }
  const [, major, minor] = /OpenSSH_\D*(\d+)\.(\d+)/.exec(version) ?? [];
  const isNewEnough =
    Number(major) > oldest.major || (Number(major) === oldest.major && Number(minor) >= oldest.minor);
  return isNewEnough
    ? undefined
    : `The ssh on this machine is ${version.trim()}, which has no KnownHostsCommand: ${needed}.`;
}
