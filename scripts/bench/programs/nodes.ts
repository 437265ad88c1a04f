import { PiNode } from "../../../components/node/piNode";
import { skipSdkDiagnostics } from "../../../components/sdk/diagnostics";
import { loadSettings } from "../../../components/settings/settings";

// The nodes of index.ts without the server and the master: what Ansible is compared with does as much.
skipSdkDiagnostics();
const { nodes, exporter, presets } = loadSettings();
for (const node of nodes) {
  new PiNode(node.name, { node, exporter, presets });
}
