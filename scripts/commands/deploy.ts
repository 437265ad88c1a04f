import type { Settings } from "../../components/settings/settings";
import { inspectNames } from "../doctor/server/names";
import { runCommand, UserError } from "../cli/command";
import { deploy } from "../stack/deploy";
import { clearInterruption } from "../stack/interruption";
import { requireFreeNodes } from "../stack/nodeRefusals";
import { openStack } from "../rehearsal/openStack";
import { requireFreePorts, requireOwnVolumes } from "../stack/serverRefusals";
import { requireSshClient } from "../remote/sshClient";
import { withProgress } from "../cli/progress";
import type { Stack } from "../stack/stack";
import { takeBackup } from "../backup/takeBackup";
import { databaseUpgrades } from "../stack/upgrades";

/**
 * `npm run deploy -- STACK [--yes] [--forget NODE]`: applies the settings, after a backup where a database gets
 * another version. It is refused where something is in the way of a node's first set-up. A forgotten node is set up
 * anew, or, if it is in the settings no more, left as it is.
 */
runCommand(
  { yes: { type: "boolean" }, forget: { type: "string" } },
  async ({ values, positionals: [name] }) => {
    if (name === undefined) {
      throw new UserError("Which stack? `npm run deploy -- STACK`");
    }
    await requireSshClient();
    const stack = await openStack(name);
    await requireFreeNodes(stack, values.forget);
    await requireOwnVolumes(stack);
    await requireFreePorts(stack);
    await clearInterruption(stack);
    const upgrades = await databaseUpgrades(stack);
    if (upgrades.length > 0) {
      const names = upgrades.map(({ server, from, to }) => `${server} goes from ${from} to ${to}`).join(", ");
      await withProgress(`A backup first, as ${names}`, () => takeBackup(stack));
    }
    if (values.forget !== undefined) {
      await forget(stack, values.forget);
    }
    const exitCode = await deploy(stack, values.yes === true);
    await printLeftOut(await stack.settings());
    if (exitCode !== 0) {
      console.error(
        "Not everything could be set up: the lines above name what, and the next deploy goes on from there.",
      );
    }
    return exitCode;
  },
);

/** Prints the names that the portal has no certificate for. */
async function printLeftOut(settings: Settings): Promise<void> {
  if (settings.ingress.kind === "portal") {
    for (const { subject, problem, remedy } of await inspectNames(settings)) {
      console.error(`${subject}: ${problem}. ${remedy}.`);
    }
  }
}

/** Lets the state forget what was done on a node. */
async function forget(stack: Stack, node: string): Promise<void> {
  const { deployment } = JSON.parse(await stack.exportState()) as {
    deployment: { resources?: { urn: string }[] };
  };
  // What else there is of a node hangs on this one.
  const first = (deployment.resources ?? []).find(({ urn }) => urn.endsWith(`::${node}-exporters`));
  if (first === undefined) {
    throw new UserError(`The stack ${stack.name} knows nothing that was done on a node ${node}.`);
  }
  await stack.read("state", "delete", first.urn, "--target-dependents", "--yes");
}
