import pLimit from "p-limit";
import { sshMachineOf } from "../../components/node/sshMachine";
import type { Settings } from "../../components/settings/settings";
import { explainSilence, sshGreeting } from "./sshGreeting";

/** Nodes that are probed at a time: a thousand answers at once take longer than the timeout of one. */
const atOnce = 100;

/**
 * Probes the SSH port of every node. A node that hangs accepts the connection and never answers, and the provider would
 * wait for it without end. A login would take as long as the set-up of a node without changes.
 */
export async function unreachableNodes({ nodes }: Settings): Promise<{ name: string; reason: string }[]> {
  const limit = pLimit(atOnce);
  const found = await Promise.all(
    nodes.map(async (node) => {
      const { host, port } = sshMachineOf(node);
      const greeting = await limit(() => sshGreeting(host, port));
      return "code" in greeting
        ? [{ name: node.name, reason: explainSilence(greeting.code, host, port) }]
        : [];
    }),
  );
  return found.flat();
}
