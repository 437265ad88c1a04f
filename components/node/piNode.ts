import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { NodeSettings, Settings } from "../settings";
import { render } from "../template";
import { NodeScript } from "./nodeScript";

/** Where the exporter script writes; it knows no other place. */
const textfileFolder = "/var/lib/node_exporter/textfile_collector";

export interface PiNodeArgs {
  readonly node: NodeSettings;
  readonly exporter: Settings["exporter"];
}

/** A Raspberry Pi with node_exporter, raspberrypi_exporter and what else writes for it. Removing it undoes what was done on the node. */
export class PiNode extends pulumi.ComponentResource {
  constructor(name: string, args: PiNodeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:PiNode", name, {}, opts);
    new NodeScript(`${name}-exporters`, { node: args.node, script: renderNodeSetup(args) }, { parent: this });
    this.registerOutputs({});
  }
}

/** The shell script that sets the node up; it holds no secret. */
export function renderNodeSetup({ node, exporter }: PiNodeArgs): string {
  const content = (file: string): string => readFileSync(join(__dirname, file), "utf8");
  return render(join(__dirname, "piNode.sh.mustache"), "shell", {
    node: node.name,
    textfileFolder,
    exporterUrl: exporter.url,
    exporterSha256: exporter.sha256,
    throttledScript: content("raspberrypi_throttled.sh"),
    service: content("raspberrypi_exporter.service"),
    timer: content("raspberrypi_exporter.timer"),
    mount: content("textfiles.mount"),
  });
}
