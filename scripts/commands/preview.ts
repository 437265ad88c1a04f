import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sshMachineOf } from "../../components/node/nodeScript";
import type { Settings } from "../../components/settings/settings";
import { renderReport } from "../github/report";
import { redact, secretsOf } from "../github/secrets";
import { openStack } from "../rehearsal/openStack";
import type { Captured, Stack } from "../stack/stack";
import { UserError } from "../../components/userError";
import { runCommand } from "../cli/command";

/**
 * `npm run preview -- STACK [--comment FILE]`: what a deploy would change, held against the policies; with `--comment`
 * also as the text of a comment on a pull request. It needs neither the server nor a node, and shows no secret.
 */
runCommand({ comment: { type: "string" } }, async ({ values, positionals: [name] }) => {
  if (name === undefined) {
    throw new UserError("Which stack? `npm run preview -- STACK`");
  }
  const { exitCode, output } = await preview(name);
  console.log(output);
  if (values.comment !== undefined) {
    const marker = `<!-- pi-monitoring preview ${name} -->`;
    const title = `Preview of ${name}${exitCode === 0 ? "" : " FAILED"}`;
    await writeFile(values.comment, renderReport({ marker, title, text: output }));
  }
  return exitCode;
});

/** What a preview says, or why there is none. */
async function preview(name: string): Promise<Captured> {
  try {
    const stack = await openStack(name);
    const secrets = await secretsOf(stack);
    const { exitCode, output } = await runPreview(stack);
    return { exitCode, output: redact(output, secrets).trim() };
  } catch (error) {
    if (!(error instanceof UserError)) {
      throw error;
    }
    // It comes before anything is decrypted, or from the settings, whose mistakes quote no secret.
    return { exitCode: 1, output: error.message };
  }
}

async function runPreview(stack: Stack): Promise<Captured> {
  const folder = await mkdtemp(join(tmpdir(), "pi-monitoring-policy-"));
  try {
    const policyConfig = join(folder, "config.json");
    await writeFile(policyConfig, JSON.stringify(allowances(await stack.settings())));
    return await stack.capture(
      "preview",
      "--diff",
      "--non-interactive",
      "--color=never",
      "--suppress-permalink=true",
      `--policy-pack=${stack.policyPack}`,
      `--policy-pack-config=${policyConfig}`,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What the settings allow, for the rules that ask. */
function allowances({ nodes }: Settings): object {
  const uncheckedHosts = nodes
    .map(sshMachineOf)
    .filter(({ hostKey }) => hostKey === "unchecked")
    .map(({ host }) => host);
  return { "node-command-has-host-key": { uncheckedHosts } };
}
