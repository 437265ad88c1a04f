import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { appendFile, readdir, readFile, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { backedUp } from "../../components/server/backup/backup";
import { backupTime, completeBackups } from "../../components/server/backup/backupNames";
import type { Settings } from "../../components/settings/settings";
import { UserError } from "../../components/userError";

/** The checksums of a backup's other files, in the format of `sha256sum`; backup.sh.mustache writes it. */
export const checksumsFile = "SHA256SUMS";
/** The stack's state; a backup of the server's timer has none. */
export const stateFile = "state.json";
/** The images that the containers ran, one line each: the container and its image. */
export const imagesFile = "images";

/** The end of the name of an unfinished backup. */
export const unfinishedSuffix = ".unfinished";

/** The archive of a container's data. */
export function archiveOf(container: string): string {
  return `${container}.tar.gz`;
}

/**
 * The names in a folder of backups that are removed when the `keep` newest stay: older and unfinished backups.
 *
 * @param made the name of the backup that was just made; those with later names are from a time at which the clock was wrong,
 *   and count as the oldest, as in backup.sh.mustache
 */
export function outdated(names: readonly string[], keep: number, made: string): string[] {
  const unfinished = names.filter((name) => /^\d{4}-\d\d-\d\dT\d{6}Z\.unfinished$/.test(name));
  const complete = completeBackups(names).reverse();
  const newestFirst = [...complete.filter((name) => name <= made), ...complete.filter((name) => name > made)];
  return [...newestFirst.slice(keep), ...unfinished];
}

/** Removes what is `outdated`. A backup that is partly removed is named as unfinished. */
export async function removeOutdated(folder: string, keep: number, made: string): Promise<void> {
  for (const name of outdated(await readdir(folder), keep, made)) {
    const unfinished = join(folder, `${basename(name, unfinishedSuffix)}${unfinishedSuffix}`);
    await rename(join(folder, name), unfinished);
    await rm(unfinished, { recursive: true });
  }
}

/**
 * When a backup was made, in milliseconds; only the name of its folder shows it.
 *
 * @throws UserError if the folder was renamed
 */
export function timeOf(folder: string): number {
  const time = backupTime(basename(folder));
  if (time === undefined) {
    throw new UserError(
      `${folder} does not have the name that the backup was made with, such as 2026-11-23T031500Z. Its time is needed, as the backup has no ${stateFile}: give it that name again. Nothing was changed.`,
    );
  }
  return time;
}

/** Adds a file of a backup to its checksums. */
export async function addChecksum(folder: string, file: string): Promise<void> {
  await appendFile(join(folder, checksumsFile), `${await checksum(join(folder, file))}  ${file}\n`);
}

/**
 * Compares every file of a backup with its checksum.
 *
 * @returns the names of the files
 * @throws UserError with all files that are missing, have no checksum, or differ from it
 */
export async function verifyBackup(folder: string, settings: Settings): Promise<string[]> {
  const sums = await readChecksums(folder);
  const expected = new Map<string, string>();
  for (const line of sums.split("\n").filter((each) => each !== "")) {
    const [, sum, file] = /^([0-9a-f]{64}) [ *]([^/]+)$/.exec(line) ?? [];
    if (sum === undefined || file === undefined) {
      throw new UserError(`${folder} cannot be used: ${checksumsFile} has the line ${JSON.stringify(line)}.`);
    }
    expected.set(file, sum);
  }
  const found = (await readdir(folder)).filter((file) => file !== checksumsFile);
  const needed = [...backedUp(settings).map(({ container }) => archiveOf(container)), imagesFile];
  const mistakes: string[] = [];
  for (const file of new Set([...needed, ...expected.keys(), ...found])) {
    const sum = expected.get(file);
    if (!found.includes(file)) {
      mistakes.push(`${file} is missing`);
    } else if (sum === undefined) {
      mistakes.push(`${file} is not in ${checksumsFile}`);
    } else if (sum !== (await checksum(join(folder, file)))) {
      mistakes.push(`${file} is not what was backed up: its checksum differs`);
    }
  }
  if (mistakes.length > 0) {
    throw new UserError(`${folder} cannot be used:`, mistakes);
  }
  return found;
}

/** @throws UserError if the folder is not a backup */
export async function readChecksums(folder: string): Promise<string> {
  return readFile(join(folder, checksumsFile), "utf8").catch(() => {
    throw new UserError(`${folder} is not a backup: it has no ${checksumsFile}.`);
  });
}

/** The SHA-256 checksum of a file, in hexadecimal digits. */
export async function checksum(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}
