import { backUpBeforeUpgrade } from "../backup/takeBackup";
import { runCommand } from "../cli/command";
import { withProgress } from "../cli/progress";
import { renderTable } from "../cli/table";
import { rehearsalStack } from "../rehearsal/instance";
import { openStack } from "../rehearsal/openStack";
import { checkRotation, chooseCredentials, rotate } from "../stack/rotate";

/**
 * `npm run rotate -- CREDENTIAL... | all [--stack STACK]`: replaces credentials while data flows, and tries the new and
 * the old ones. It deploys, after a backup if the version of a database changes. Run again after an interruption, it
 * finishes the rotation.
 */
runCommand(
  { maxWords: Infinity, options: { stack: { type: "string", default: rehearsalStack } } },
  async ({ values: { stack: name }, positionals }) => {
    const before = await (await openStack(name)).load();
    const credentials = chooseCredentials(positionals, before.settings);
    await backUpBeforeUpgrade(before);
    await rotate(before, credentials);
    const rotations = await withProgress("Trying the old and the new credentials", () =>
      checkRotation(before, credentials),
    );
    const rows = rotations.map(({ name: credential, newWorks, oldWorks }) => [
      credential,
      newWorks ? "works" : "DOES NOT WORK",
      oldWorks ? "STILL WORKS" : "is refused",
    ]);
    console.log(renderTable(["credential", "the new one", "the old one"], rows));
    return rotations.every(({ isDone }) => isDone) ? 0 : 1;
  },
);
