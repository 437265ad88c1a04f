import { sshMachineOf } from "../../components/node/sshMachine";
import type { Settings } from "../../components/settings/settings";
import { redact, secretsOf } from "./redaction";
import { type Captured, type Stack, withTemporaryFile } from "./stack";

/** What a deploy would change, checked by the policies, without secrets. */
export async function preview(stack: Stack): Promise<Captured> {
  const configuration = await stack.configuration();
  const secrets = await secretsOf(stack, configuration);
  const settings = await stack.settings(configuration);
  const { exitCode, output } = await withTemporaryFile(
    JSON.stringify(policyConfiguration(settings)),
    (policyConfig) =>
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

/** The configuration of the policies, by the name of the rule: the exceptions that the settings make. */
export function policyConfiguration({ vps, nodes }: Settings) {
  const onNodes = nodes.map(sshMachineOf).flatMap(({ jump, ...node }) => [node, ...(jump ? [jump] : [])]);
  const machines = [...(vps === "local" ? [] : [vps]), ...onNodes];
  const uncheckedHosts = machines.filter(({ hostKey }) => hostKey === "unchecked").map(({ host }) => host);
  return { "ssh-command-has-host-key": { uncheckedHosts } };
}
