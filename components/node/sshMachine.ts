import type { SshMachine } from "../machine/ssh";
import type { NodeSettings } from "../settings/settings";

/** Where a node answers SSH, which may be elsewhere than where it is scraped. */
export function sshMachineOf(node: NodeSettings): SshMachine {
  const { host, sshHost, sshPort, user, key, hostKey, sshJump } = node;
  return { host: sshHost ?? host, port: sshPort, user, key, hostKey, jump: sshJump };
}
