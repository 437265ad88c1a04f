import { runCommand } from "../cli/command";
import { askQuestions } from "../init/askQuestions";
import { answerFlags, refuseIncompleteFlags } from "../init/flags";
import { QuestionLoop } from "../init/questionLoop";
import { permitSudo } from "../init/machine/sudo";
import { newStack } from "../init/newStack";
import { settingsFileOf, writeSettings } from "../init/settingsFile";
import { secretsFrom, settingsFrom } from "../init/settingsFrom";
import { requireSshVersion } from "../remote/sshVersion";

/**
 * `npm run init [-- STACK] [FLAGS]`: asks questions, checks each answer at once, and writes the settings of a stack. A
 * flag answers its question; without a terminal, every question without a default needs its flag. Nothing is changed
 * on other machines, with one exception: where sudo asks for a password on a node, a line of sudoers is written if the
 * user agrees.
 */
runCommand(
  {
    maxWords: 1,
    options: { ...answerFlags, "accept-host-keys": { type: "boolean" }, yes: { type: "boolean" } },
  },
  async ({ values: flags, positionals: [name = "home"] }) => {
    await requireSshVersion();
    refuseIncompleteFlags(flags);
    const stack = await newStack(name);

    const loop = new QuestionLoop(process.stdin.isTTY && process.stdout.isTTY, {
      yes: flags.yes === true,
      "accept-host-keys": flags["accept-host-keys"] === true,
    });
    const answers = await askQuestions(loop, flags);
    if (answers.sudo !== undefined) {
      await permitSudo(answers.sudo.password, answers.sudo.machines);
    }
    await writeSettings(stack, settingsFrom(answers), secretsFrom(answers));

    console.log(`${settingsFileOf(stack)} is written. \`npm run preview -- ${name}\` shows what a deploy would do.
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
