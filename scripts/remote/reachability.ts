import pLimit from "p-limit";
import { sshMachineOf } from "../../components/node/nodeScript";
import type { Settings } from "../../components/settings/settings";
import { explainSilence, sshGreeting } from "./sshGreeting";

/** A node that does not answer by SSH. */
export interface UnreachableNode {
  readonly name: string;
  readonly reason: string;
}

/** Nodes that are knocked at together: a thousand answers at once take longer than a node is waited for. */
const atOnce = 100;

/**
 * Knocks at every node. One that hangs takes a connection and never says a word, and the provider would wait
 * for that without end. Nobody logs in, which would cost as much as setting a node up that is as it should be.
 */
export async function unreachableNodes({ nodes }: Settings): Promise<UnreachableNode[]> {
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
