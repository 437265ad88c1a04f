import type { Settings } from "../../components/settings/settings";
import { $ } from "../cli/shell";
import { UserError } from "../../components/userError";

/** Whether the SSH agent of `SSH_AUTH_SOCK` has a key, has none, or does not answer. */
export type AgentState = "ready" | "empty" | "silent";

export async function agentState(): Promise<AgentState> {
  // An agent that hangs accepts the connection and never answers.
  const { exitCode } = await $({ nothrow: true, timeout: "5s" })`ssh-add -l`;
  switch (exitCode) {
    case 0:
      return "ready";
    case 1:
      return "empty";
    default:
      return "silent";
  }
}

/**
 * @param isServerReached by the system's ssh, which finds keys elsewhere too; the provider logs in to nodes
 * @throws UserError if a machine needs a key of the agent, which has none
 */
export function requireAgent(
  state: AgentState,
  { vps, nodes, backup }: Pick<Settings, "vps" | "nodes" | "backup">,
  isServerReached: boolean,
): void {
  const isServerLeft = !isServerReached || backup.at !== undefined;
  const machines = [
    ...(vps !== "local" && vps.key === "agent" && isServerLeft ? [vps.host] : []),
    ...nodes.filter(({ key }) => key === "agent").map(({ name }) => name),
    ...new Set(nodes.flatMap(({ sshJump }) => (sshJump?.key === "agent" ? [sshJump.host] : []))),
  ];
  if (state !== "ready" && machines.length > 0) {
    const problem = state === "empty" ? "has no key" : "does not answer";
    const remedy = state === "empty" ? "`ssh-add`" : "`eval $(ssh-agent)` and `ssh-add`";
    throw new UserError(
      `The SSH agent ${problem}, and the settings have "agent" as the key of ${machines.join(", ")}: ${remedy}, or give the path of a key.`,
    );
  }
}
