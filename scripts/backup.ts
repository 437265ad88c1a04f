import { mkdir, rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { backedUp, renderBackup } from "../components/server/backup";
import { serverCommand } from "../components/server/serverEngine";
import type { Settings } from "../components/settings";
import { addChecksum, removeOutdated, stateFile, unfinishedSuffix, verifyBackup } from "./backupFolder";
import { runCommand, UserError } from "./command";
import { failure, onServer } from "./onServer";
import { openStack } from "./openStack";
import { $ } from "./prepare/shell";

/**
 * `npm run backup -- STACK [--folder DIR] [--keep N]`: the data of the server and the state of the stack, in a dated
 * folder of `backups/STACK`, where the 7 newest stay.
 */
runCommand(
  { folder: { type: "string" }, keep: { type: "string", default: "7" } },
  async ({ values, positionals: [name] }) => {
    if (name === undefined) {
      throw new UserError("Which stack? `npm run backup -- STACK`");
    }
    if (!/^[1-9][0-9]{0,3}$/.test(values.keep)) {
      throw new UserError(`--keep ${values.keep}: must be a whole number from 1 to 9999`);
    }
    const folder = resolve(values.folder ?? join(__dirname, "../backups", name));
    const stack = await openStack(name);
    const settings = await stack.settings();
    const state = await stack.exportState();

    const made = await backUpServer(settings);
    const backup = join(folder, made);
    const unfinished = `${backup}${unfinishedSuffix}`;
    await mkdir(folder, { recursive: true });
    await mkdir(unfinished, { mode: 0o700 });
    await fetchBackup(settings, made, unfinished);
    await verifyBackup(unfinished);
    await writeFile(join(unfinished, stateFile), state, { mode: 0o600 });
    await addChecksum(unfinished, stateFile);
    await rename(unfinished, backup);

    await removeOutdated(folder, Number(values.keep));
    await onServer(settings, ["rm", "-r", "--", `${settings.backup.folder}/${made}`]);
    console.log(backup);
    return 0;
  },
);

/** Makes a backup on the server, which says on this terminal what it does, and gives its name. */
async function backUpServer({ vps, backup }: Settings): Promise<string> {
  // One more than usual, since this one leaves again: none of the timer's must go for it.
  const input = renderBackup({ ...backup, keep: backup.keep + 1, backedUp });
  const result = await $({
    input,
    nothrow: true,
    stdio: ["pipe", "pipe", "inherit"],
  })`${serverCommand(vps, "sh", "-s")}`;
  if (result.exitCode !== 0) {
    throw failure(vps, result.exitCode, "There is no backup; the reason stands above.");
  }
  return result.stdout.trim();
}

async function fetchBackup({ vps, backup }: Settings, name: string, target: string): Promise<void> {
  const pack = serverCommand(vps, "tar", "-C", `${backup.folder}/${name}`, "-cf", "-", ".");
  const result = await $({ nothrow: true })`${pack} | tar -C ${target} --no-same-owner -xf -`;
  if (result.exitCode !== 0) {
    throw failure(
      vps,
      result.exitCode,
      `The backup ${name} stays on the server: it could not be fetched. ${result.stderr.trim()}`,
    );
  }
}
