import { runCommand } from "../cli/command";
import { askQuestions } from "../init/askQuestions";
import { requireBackend } from "../init/backend";
import { answerFlags } from "../init/flags";
import { Interview } from "../init/questionLoop";
import { permitSudo } from "../init/machine/sudo";
import { newStack } from "../init/newStack";
import { refuseExistingSettings, settingsFileOf, writeSettings } from "../init/settingsFile";
import { secretsFrom, settingsFrom } from "../init/settingsFrom";
import { rehearsalStack } from "../rehearsal/instance";
import { requireSshClient } from "../remote/sshVersion";

/**
 * `npm run init [-- STACK] [FLAGS]`: asks five questions, checks each answer at once, and writes the settings of a stack.
 * A flag answers its question; without a terminal, every question without a default needs its flag. Nothing is changed
 * on other machines, with one exception: where sudo asks for a password on a node, a line of sudoers is written if the
 * user agrees.
 */
runCommand(
  { ...answerFlags, "accept-host-keys": { type: "boolean" }, yes: { type: "boolean" } },
  async ({ values: flags, positionals: [name = "home"] }) => {
    await requireSshClient();
    const stack = newStack(name, rehearsalStack);
    await requireBackend();
    await refuseExistingSettings(stack);

    const interview = new Interview(process.stdin.isTTY && process.stdout.isTTY, {
      yes: flags.yes === true,
      "accept-host-keys": flags["accept-host-keys"] === true,
    });
    const answers = await askQuestions(interview, flags);
    if (answers.sudo !== undefined) {
      await permitSudo(answers.sudo.password, answers.sudo.machines);
    }
    await writeSettings(stack, settingsFrom(answers), secretsFrom(answers));

    console.log(`${settingsFileOf(stack)} is written. \`pulumi preview --stack ${name}\` shows what a deploy would do.
Now: npm run deploy -- ${name}`);
    if (answers.adopted.existing !== undefined) {
      console.log("Before that: docs/adoption.md, about using what exists.");
    }
    if (answers.adopted.ingress !== undefined) {
      console.log("After that: docs/fronts.md, about the web server on ports 80 and 443.");
    }
    return 0;
  },
);
