import { nodeResources } from "../../components/node/resourceNames";
import { namesStatusFile } from "../../components/server/ingress/httpsPortal";
import { containers } from "../../components/server/resourceNames";
import { inspectNames } from "../doctor/server/names";
import { runCommand, UserError } from "../cli/command";
import { deploy } from "../stack/deploy";
import { clearInterruption } from "../stack/interruption";
import { requireFreeNodes } from "../stack/nodeRefusals";
import { openStack } from "../rehearsal/openStack";
import { requireFreePorts, requireOwnVolumes } from "../stack/serverRefusals";
import { requireSshClient } from "../remote/sshClient";
import { withProgress } from "../cli/progress";
import type { LoadedStack } from "../stack/stack";
import { nameOf } from "../stack/state";
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
    const loaded = await stack.load();
    await requireFreeNodes(loaded, values.forget);
    await requireOwnVolumes(loaded);
    await requireFreePorts(loaded);
    await clearInterruption(stack);
    const upgrades = databaseUpgrades(loaded);
    if (upgrades.length > 0) {
      const names = upgrades.map(({ server, from, to }) => `${server} goes from ${from} to ${to}`).join(", ");
      await withProgress(`A backup first, as ${names}`, () => takeBackup(loaded));
    }
    if (values.forget !== undefined) {
      await forget(loaded, values.forget);
    }
    const exitCode = await deploy(loaded, values.yes === true);
    await printLeftOut(loaded);
    if (exitCode !== 0) {
      console.error(
        "Not everything could be set up: the lines above name what, and the next deploy goes on from there.",
      );
    }
    return exitCode;
  },
);

/** Prints the names that the portal has no certificate for. */
async function printLeftOut({ settings, server }: LoadedStack): Promise<void> {
  if (settings.ingress.kind === "portal") {
    const status = await server.exec(containers.httpsPortal, ["cat", namesStatusFile]).catch(() => "");
    for (const { subject, problem, remedy } of await inspectNames(settings, status)) {
      console.error(`${subject}: ${problem}. ${remedy}.`);
    }
  }
}

/** Lets the state forget what was done on a node. */
async function forget({ stack, resources }: LoadedStack, node: string): Promise<void> {
  // The other resources of a node depend on this one.
  const first = resources.find((each) => nameOf(each) === nodeResources.exporters(node));
  if (first === undefined) {
    throw new UserError(`The stack ${stack.name} knows nothing that was done on a node ${node}.`);
  }
  await stack.read("state", "delete", first.urn, "--target-dependents", "--yes");
}
