import * as pulumi from "@pulumi/pulumi";
import { RemoteScript, type RemoteScriptArgs } from "../machine/remoteScript";
import type { NodeSettings } from "../settings/settings";
import type { SshMachine } from "../machine/ssh";

export interface NodeScriptArgs extends Pick<RemoteScriptArgs, "script"> {
  readonly node: NodeSettings;
}

/** A script that sets something up on a node, which may answer SSH elsewhere than where it is scraped. */
export class NodeScript extends RemoteScript {
  constructor(name: string, { node, script }: NodeScriptArgs, opts: pulumi.CustomResourceOptions) {
    super(name, { machine: sshMachineOf(node), script }, opts);
  }
}

/** Where a node answers SSH. */
export function sshMachineOf({ host, sshHost, sshPort, user, key, hostKey }: NodeSettings): SshMachine {
  return { host: sshHost ?? host, port: sshPort, user, key, hostKey };
}
