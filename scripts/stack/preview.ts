import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sshMachineOf } from "../../components/node/nodeScript";
import type { Settings } from "../../components/settings/settings";
import { redact, secretsOf } from "./secrets";
import type { Captured, Stack } from "./stack";

/** What a deploy would change, checked by the policies, without secrets. */
export async function preview(stack: Stack): Promise<Captured> {
  const configuration = await stack.configuration();
  const secrets = await secretsOf(stack, configuration);
  const settings = await stack.settings(configuration);
  const folder = await mkdtemp(join(tmpdir(), "pi-monitoring-policy-"));
  try {
    const policyConfig = join(folder, "config.json");
    await writeFile(policyConfig, JSON.stringify(allowances(settings)));
    const { exitCode, output } = await stack.capture(
      "preview",
      "--diff",
      "--non-interactive",
      "--color=never",
      "--suppress-permalink=true",
      `--policy-pack=${stack.policyPack}`,
      `--policy-pack-config=${policyConfig}`,
    );
    return { exitCode, output: redact(output, secrets).trim() };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The configuration of the policies: the exceptions that the settings make. */
function allowances({ nodes }: Settings): object {
  const uncheckedHosts = nodes
    .map(sshMachineOf)
    .filter(({ hostKey }) => hostKey === "unchecked")
    .map(({ host }) => host);
  return { "node-command-has-host-key": { uncheckedHosts } };
}
