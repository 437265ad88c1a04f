import { mkdir, rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { backedUpByOthers, backupView, renderBackup } from "../../components/server/backup/backup";
import type { Settings } from "../../components/settings/settings";
import { addChecksum, removeOutdated, stateFile, unfinishedSuffix, verifyBackup } from "./backupFolder";
import type { Server } from "../remote/server";
import type { LoadedStack } from "../stack/stack";

export interface BackupPlace {
  /** Where the dated folder goes; `backups/STACK` unless given. */
  readonly folder?: string | undefined;
  /** How many stay there; all, unless given. */
  readonly keep?: number;
}

/** Makes a dated folder with the data of the server and the state of the stack, and gives its path. */
export async function takeBackup(
  { stack, settings, server }: Pick<LoadedStack, "stack" | "settings" | "server">,
  { folder, keep }: BackupPlace = {},
): Promise<string> {
  const place = resolve(folder ?? join(__dirname, "../../backups", stack.name));
  const state = await stack.exportState();

  const made = await backUpServer(server, settings);
  const backup = join(place, made);
  const unfinished = `${backup}${unfinishedSuffix}`;
  await mkdir(place, { recursive: true });
  await mkdir(unfinished, { mode: 0o700 });
  await fetchBackup(server, settings, made, unfinished);
  await verifyBackup(unfinished, settings);
  await writeFile(join(unfinished, stateFile), state, { mode: 0o600 });
  await addChecksum(unfinished, stateFile);
  await rename(unfinished, backup);

  if (keep !== undefined) {
    await removeOutdated(place, keep);
  }
  await server.run(["rm", "-r", "--", `${settings.backup.folder}/${made}`]);
  return backup;
}

/** Makes a backup on the server, which says on this terminal what it does, and gives its name. */
async function backUpServer(server: Server, settings: Settings): Promise<string> {
  for (const other of backedUpByOthers(settings)) {
    console.error(`not in this backup, as whoever runs it backs it up: ${other}`);
  }
  // One more than usual, since this one leaves again: none of the timer's must go for it.
  const input = renderBackup({ ...backupView(settings), keep: settings.backup.keep + 1 });
  const describeFailure = (): string => "There is no backup; the reason stands above.";
  return (await server.run(["sh", "-s"], { input, showErrors: true, describeFailure })).trim();
}

async function fetchBackup(
  server: Server,
  { backup }: Settings,
  name: string,
  target: string,
): Promise<void> {
  await server.pipe(
    ["tar", "-C", `${backup.folder}/${name}`, "-cf", "-", "."],
    ["tar", "-C", target, "--no-same-owner", "-xf", "-"],
    {
      describeFailure: (stderr) =>
        `The backup ${name} stays on the server: it could not be fetched. ${stderr}`,
    },
  );
}
