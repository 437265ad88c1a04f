import { backUpBeforeUpgrade } from "../backup/takeBackup";
import { requireArgument, runCommand } from "../cli/command";
import { readLeftOutFindings } from "../doctor/server/names";
import { openStack } from "../rehearsal/openStack";
import { deploy, forgetNode } from "../stack/deploy";
import { requireFreeNodes } from "../stack/nodePreflight";
import {
  requireFreeNames,
  requireFreeNetworks,
  requireFreePorts,
  requireOwnVolumes,
} from "../stack/serverPreflight";

/**
 * `npm run deploy -- STACK [--yes] [--forget NODE]`: applies the settings, after a backup if the version of a database
 * changes. It is refused if something is in the way on the server or on a new node. A forgotten node is set up again; if
 * it is no longer in the settings, it stays as it is.
 */
runCommand(
  { maxWords: 1, options: { yes: { type: "boolean" }, forget: { type: "string" } } },
  async ({ values: { yes = false, forget }, positionals: [name] }) => {
    requireArgument(name, "Which stack? `npm run deploy -- STACK`");
    const loaded = await (await openStack(name)).load();
    await requireFreeNodes(loaded, forget);
    await requireOwnVolumes(loaded);
    await requireFreeNetworks(loaded);
    await requireFreeNames(loaded);
    await requireFreePorts(loaded);
    await backUpBeforeUpgrade(loaded);
    if (forget !== undefined) {
      await forgetNode(loaded, forget);
    }
    const exitCode = await deploy(loaded, yes);
    const withoutCertificate = await readLeftOutFindings(loaded);
    for (const { subject, problem, remedy } of withoutCertificate) {
      console.error(`${subject}: ${problem}. ${remedy}.`);
    }
    if (exitCode !== 0) {
      console.error(
        "Not everything is set up: the lines above say why. The next deploy continues from there.",
      );
    }
    return exitCode;
  },
);
