import { access, constants, mkdir, rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { backedUpByOthers, backupView, renderBackup } from "../../components/server/backup/backup";
import type { Settings } from "../../components/settings/settings";
import { UserError } from "../../components/userError";
import { withProgress } from "../cli/progress";
import type { Server } from "../remote/server";
import type { LoadedStack } from "../stack/stack";
import { clearInterruption } from "../stack/interruption";
import { databaseUpgrades } from "../stack/upgrades";
import { addChecksum, removeOutdated, stateFile, unfinishedSuffix, verifyBackup } from "./backupFolder";

/** Takes a backup if the next `up` changes the version of a database. */
export async function backUpBeforeUpgrade(loaded: LoadedStack): Promise<void> {
  const upgrades = databaseUpgrades(loaded);
  if (upgrades.length > 0) {
    // Refuses while another `pulumi up` works on the stack: the backup would stop the containers that it changes.
    await clearInterruption(loaded.stack);
    const changes = upgrades.map(({ server, from, to }) => `${server} from ${from} to ${to}`).join(", ");
    await withProgress(`Taking a backup before the upgrade of ${changes}`, () => takeBackup(loaded));
  }
}

/**
 * Makes a dated folder with the data of the server and the state of the stack, and returns its path.
 *
 * @param folder its parent; `backups/STACK` unless given
 * @param keep the number of backups that stay there; all, unless given
 * @throws UserError if the folder cannot be written to, or the backup fails
 */
export async function takeBackup(
  { stack, settings, server }: Pick<LoadedStack, "stack" | "settings" | "server">,
  { folder, keep }: { folder?: string; keep?: number } = {},
): Promise<string> {
  const place = resolve(folder ?? join(__dirname, "../../backups", stack.name));
  const state = await stack.exportState();
  await prepareFolder(place);

  const made = await backUpServer(server, settings);
  const backup = join(place, made);
  const unfinished = `${backup}${unfinishedSuffix}`;
  await mkdir(unfinished, { mode: 0o700 });
  await server.pipe(
    ["tar", "-C", `${settings.backup.folder}/${made}`, "-cf", "-", "."],
    ["tar", "-C", unfinished, "--no-same-owner", "-xf", "-"],
    {
      describeFailure: (stderr) =>
        `The backup ${made} could not be fetched and stays on the server. ${stderr}`,
    },
  );
  await verifyBackup(unfinished, settings);
  await writeFile(join(unfinished, stateFile), state, { mode: 0o600 });
  await addChecksum(unfinished, stateFile);
  await rename(unfinished, backup);

  if (keep !== undefined) {
    await removeOutdated(place, keep, made);
  }
  await server.run(["rm", "-r", "--", `${settings.backup.folder}/${made}`]);
  return backup;
}

/** @throws UserError if backups cannot be written there; databases would stop for one that has no place */
async function prepareFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (error) {
    throw new UserError(`No backup can be written to ${folder}. Nothing was stopped. (${String(error)})`);
  }
}

/** Makes a backup on the server, with its progress on this terminal, and returns its name. */
async function backUpServer(server: Server, settings: Settings): Promise<string> {
  for (const other of backedUpByOthers(settings)) {
    console.error(`not in this backup, as its owner backs it up: ${other}`);
  }
  // One more than usual: this backup is removed again, and must not replace one of the timer's.
  const input = renderBackup({ ...backupView(settings), keep: settings.backup.keep + 1 });
  const describeFailure = (): string => "No backup was made, for the reason above.";
  return (await server.run(["sh", "-s"], { input, showErrors: true, describeFailure })).trim();
}
