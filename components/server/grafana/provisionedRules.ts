import * as pulumi from "@pulumi/pulumi";
import { ownRuleUids } from "../../alerts/ownRules";
import { presetRules } from "../../alerts/presetRules";
import { grafanaUid } from "../../alerts/ruleGroup";
import type { Settings } from "../../settings/settings";

/** The output in which a stack keeps them. */
const output = "provisionedRules";

/**
 * The UIDs of all rules, of the user's and of presets, that Grafana was ever given by this stack, sorted. Grafana keeps a rule whose file is
 * gone, and its API deletes none that a file has made. So the state remembers them: a file names them for deletion at each
 * start, which does nothing for one that is not there. An `up` that fails has not noted its new ones.
 */
export function provisionedRules(settings: Settings): pulumi.Output<string[]> {
  return pulumi
    .output(outputsBefore())
    .apply(({ [output]: before = [] }) => [...new Set([...before, ...removableRuleUids(settings)])].sort());
}

/** The UIDs of the rules that a change of the settings may take away. */
export function removableRuleUids(settings: Settings): string[] {
  return [...ownRuleUids(settings), ...presetRules(settings).map(({ uid }) => grafanaUid(uid))];
}

interface Outputs {
  readonly [output]?: readonly string[];
}

/** The outputs that the last `up` of this stack has written. A stack reference would be a resource, and in the state. */
async function outputsBefore(): Promise<Outputs> {
  const stack = pulumi.getStack();
  const name = [pulumi.getOrganization(), pulumi.getProject(), stack].join("/");
  // A folder or a bucket that Pulumi before 3.61 has made for states knows no projects.
  return readOutputs(name).catch(() => readOutputs(stack));
}

async function readOutputs(name: string): Promise<Outputs> {
  const found: unknown = await pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", { name });
  return (found as { readonly outputs: Outputs }).outputs;
}
