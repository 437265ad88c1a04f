import * as pulumi from "@pulumi/pulumi";
import { RemoteScript, type RemoteScriptArgs } from "../remoteScript";
import type { NodeSettings } from "../settings";

export interface NodeScriptArgs extends Pick<RemoteScriptArgs, "script"> {
  readonly node: NodeSettings;
}

/** A script that sets something up on a node, which may answer SSH elsewhere than where it is scraped. */
export class NodeScript extends RemoteScript {
  constructor(name: string, { node, script }: NodeScriptArgs, opts: pulumi.CustomResourceOptions) {
    const machine = { ...node, host: node.sshHost ?? node.host, port: node.sshPort };
    super(name, { machine, script }, opts);
  }
}
