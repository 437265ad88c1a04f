import pLimit from "p-limit";
import { sshMachineOf } from "../../components/node/sshMachine";
import type { SshMachine } from "../../components/machine/ssh";
import type { Settings } from "../../components/settings/settings";
import { jumpProblem, shareJumpLogins } from "./jumpHost";
import { explainSilence, sshGreeting } from "./sshGreeting";

/** Nodes that are probed at a time: a thousand answers at once take longer than the timeout of one. */
const atOnce = 100;

/**
 * Probes the SSH port of every node. A node that hangs accepts the connection and never answers, and the provider would
 * wait for it without end. A login would take as long as the set-up of a node without changes.
 */
export async function unreachableNodes({
  nodes,
}: Pick<Settings, "nodes">): Promise<{ name: string; reason: string }[]> {
  const limit = pLimit(atOnce);
  await shareJumpLogins(nodes.map(sshMachineOf));
  const found = await Promise.all(
    nodes.map(async (node) => {
      const reason = await limit(() => silenceOf(sshMachineOf(node)));
      return reason === undefined ? [] : [{ name: node.name, reason }];
    }),
  );
  return found.flat();
}

/** Why a machine does not answer SSH, directly or through its jump host. */
export async function silenceOf(machine: SshMachine): Promise<string | undefined> {
  const { host, port, jump } = machine;
  if (jump !== undefined) {
    return jumpProblem(machine, jump);
  }
  const greeting = await sshGreeting(host, port);
  return "code" in greeting ? explainSilence(greeting.code, host, port) : undefined;
}
