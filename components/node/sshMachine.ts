import type { SshMachine } from "../machine/ssh";
import type { NodeSettings } from "../settings/settings";

/** Where a node answers SSH, which may be elsewhere than where it is scraped. */
export function sshMachineOf({ host, sshHost, sshPort, user, key, hostKey }: NodeSettings): SshMachine {
  return { host: sshHost ?? host, port: sshPort, user, key, hostKey };
}
