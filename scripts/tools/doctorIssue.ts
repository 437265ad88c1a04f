import { GitHub } from "../github/gitHub";
import { renderComment } from "../github/comment";
import { redact, secretsOf } from "../stack/redaction";
import { $ } from "../cli/shell";
import { openStack } from "../rehearsal/openStack";
import { UserError } from "../../components/userError";
import { requireArgument, runCommand } from "../cli/command";

/**
 * `npm run doctor-issue -- STACK`: keeps the doctor's report in one open issue, which is closed when the stack is
 * healthy. The exit code is the doctor's.
 */
runCommand({ maxWords: 1 }, async ({ positionals: [name] }) => {
  requireArgument(name, "Which stack? `npm run doctor-issue -- STACK`");
  const gitHub = GitHub.fromEnvironment();
  const { exitCode, stdall } = await $({ nothrow: true })`npm run --silent doctor -- ${name}`;
  const text = await withoutSecrets(name, stdall);
  console.log(text);
  const marker = `<!-- pi-monitoring doctor ${name} -->`;
  const now = new Date().toISOString().slice(0, 16).replace("T", " ");
  if (exitCode === 0) {
    await gitHub.closeIssue(renderComment({ marker, title: `Healthy since ${now} UTC`, text }));
  } else {
    const report = renderComment({ marker, title: `As of ${now} UTC`, text });
    await gitHub.keepIssue(`${name} has problems`, report);
  }
  return exitCode ?? 1;
});

async function withoutSecrets(name: string, text: string): Promise<string> {
  try {
    return redact(text, await secretsOf(await openStack(name))).trim();
  } catch (error) {
    if (!(error instanceof UserError)) {
      throw error;
    }
    return `The report is not shown, as the secrets in it cannot be removed: ${error.message}`;
  }
}
