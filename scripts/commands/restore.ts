import { resolve } from "node:path";
import { restore } from "../backup/restore";
import { requireArgument, runCommand } from "../cli/command";
import { openStack } from "../rehearsal/openStack";

/** `npm run restore -- STACK FOLDER [--yes]`: makes an empty stack what it was at the time of a backup. */
runCommand({ yes: { type: "boolean" } }, async ({ values, positionals: [name, path] }) => {
  const question = "Which stack, from which backup? `npm run restore -- STACK FOLDER`";
  requireArgument(name, question);
  requireArgument(path, question);
  const folder = resolve(path);
  const exitCode = await restore(await openStack(name), folder, values.yes === true);
  console.log(
    exitCode === 0
      ? `${name} is restored from ${folder}.`
      : `The data and the state are restored, but not everything is set up: \`npm run deploy -- ${name}\` continues.`,
  );
  return exitCode;
});
