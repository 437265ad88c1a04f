import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { UserError } from "../../components/userError";
import { restore } from "../backup/restore";
import { requireArgument, runCommand } from "../cli/command";
import { settingsFileOf } from "../init/settingsFile";
import { openStack } from "../rehearsal/openStack";

/**
 * `npm run restore -- STACK FOLDER [--yes]`: makes an empty stack what it was at the time of a backup. It creates the
 * stack on a machine that does not have it.
 */
runCommand(
  { maxWords: 2, options: { yes: { type: "boolean" } } },
  async ({ values, positionals: [name, path] }) => {
    const question = "Which stack, from which backup? `npm run restore -- STACK FOLDER`";
    requireArgument(name, question);
    requireArgument(path, question);
    const folder = resolve(path);
    const stack = await openStack(name);
    const settingsFile = settingsFileOf(stack);
    if (!existsSync(join(__dirname, "../..", settingsFile))) {
      throw new UserError(
        `There is no ${settingsFile}, which has the settings of ${name}: your copy of this repository has it. Nothing was changed.`,
      );
    }
    const exitCode = await restore(stack, folder, values.yes === true);
    console.log(
      exitCode === 0
        ? `${name} is restored from ${folder}.`
        : `The data and the state are restored, but not everything is set up: \`npm run deploy -- ${name}\` continues.`,
    );
    return exitCode;
  },
);
