import { connect } from "node:net";
import { sshMachineOf } from "../../components/node/nodeScript";
import type { Settings } from "../../components/settings";
import type { SshMachine } from "../../components/ssh";

/** Seconds that a node has to answer. */
const patience = 10;

/** A node that does not answer by SSH. */
export interface UnreachableNode {
  readonly name: string;
  readonly reason: string;
}

/**
 * Knocks at every node at once. One that hangs takes a connection and never says a word, and the provider would wait
 * for that without end. Nobody logs in, which would cost as much as setting a node up that is as it should be.
 */
export async function unreachableNodes({ nodes }: Settings): Promise<UnreachableNode[]> {
  const found = await Promise.all(
    nodes.map(async (node) => {
      const reason = await silence(sshMachineOf(node));
      return reason === undefined ? [] : [{ name: node.name, reason }];
    }),
  );
  return found.flat();
}

/** Why a machine does not introduce itself as an SSH server; undefined if it does. */
function silence({ host, port }: SshMachine): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (reason?: string): void => {
      socket.destroy();
      resolve(reason);
    };
    const timer = setTimeout(() => {
      finish(`no answer within ${patience} seconds`);
    }, patience * 1000);
    socket
      .once("data", (greeting) => {
        // Source: RFC 4253, section 4.2
        finish(greeting.includes("SSH-") ? undefined : `what answers at port ${port} is no SSH server`);
      })
      .once("error", ({ message }) => {
        finish(message);
      })
      .once("end", () => {
        finish("it closes the connection without a word");
      })
      .once("close", () => {
        clearTimeout(timer);
      });
  });
}
