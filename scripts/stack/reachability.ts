import { sshMachineOf } from "../../components/node/nodeScript";
import type { Settings } from "../../components/settings";
import { sshCommand } from "../../components/ssh";
import { $ } from "../prepare/shell";

/** A node that lets nobody in by SSH. */
export interface UnreachableNode {
  readonly name: string;
  /** What ssh says. */
  readonly reason: string;
}

/**
 * Knocks at every node at once. One that hangs takes a connection and never says a word, and the provider would wait
 * for that without end.
 */
export async function unreachableNodes({ nodes }: Settings): Promise<UnreachableNode[]> {
  const found = await Promise.all(
    nodes.map(async (node) => {
      const { exitCode, stderr } = await $({
        nothrow: true,
        timeout: "10s",
      })`${sshCommand(sshMachineOf(node), "true")}`;
      const reason = stderr.trim() === "" ? "no answer within 10 seconds" : stderr.trim();
      return exitCode === 0 ? [] : [{ name: node.name, reason }];
    }),
  );
  return found.flat();
}
