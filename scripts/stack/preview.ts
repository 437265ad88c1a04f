import { sshMachineOf } from "../../components/node/sshMachine";
import type { Settings } from "../../components/settings/settings";
import { redact, secretsOf } from "./secrets";
import { type Captured, type Stack, withTemporaryFile } from "./stack";

/** What a deploy would change, checked by the policies, without secrets. */
export async function preview(stack: Stack): Promise<Captured> {
  const configuration = await stack.configuration();
  const secrets = await secretsOf(stack, configuration);
  const settings = await stack.settings(configuration);
  const { exitCode, output } = await withTemporaryFile(JSON.stringify(allowances(settings)), (policyConfig) =>
    stack.capture(
      "preview",
      "--diff",
      "--non-interactive",
      "--color=never",
      "--suppress-permalink=true",
      `--policy-pack=${stack.policyPack}`,
      `--policy-pack-config=${policyConfig}`,
    ),
  );
  return { exitCode, output: redact(output, secrets).trim() };
}

/** The configuration of the policies: the exceptions that the settings make. */
function allowances({ nodes }: Settings): object {
  const uncheckedHosts = nodes
    .map(sshMachineOf)
    .filter(({ hostKey }) => hostKey === "unchecked")
    .map(({ host }) => host);
  return { "node-command-has-host-key": { uncheckedHosts } };
}
