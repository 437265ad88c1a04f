import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { sleep } from "zx";
import { isRunning } from "./shell";

/** The folder for builds and downloads, which are kept between runs and shared by all checkouts. */
export function cacheFolder(): string {
  const base = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  return join(base, "pi-monitoring");
}

/**
 * The folder of `key` in the cache, filled by `fill` if it is not there yet.
 *
 * `fill` works in a folder of its own, which is renamed into place after it has succeeded. So an entry is either whole
 * or absent, even after a `kill -9`. An entry that another process fills is waited for: most entries are builds, which
 * keep every core busy for minutes.
 *
 * @param key name and version, such as `telegraf-1.39.3`
 */
export async function cached(key: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const entry = join(cacheFolder(), key);
  await othersFill(key);
  if (existsSync(entry)) {
    return entry;
  }
  const unfinished = `${entry}.${process.pid}-${randomBytes(4).toString("hex")}.unfinished`;
  await mkdir(unfinished, { recursive: true });
  try {
    await fill(unfinished);
    await rename(unfinished, entry).catch((error: unknown) => {
      // Another run has finished the same entry in the meantime.
      if (!existsSync(entry)) {
        throw error;
      }
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return entry;
}

/** Waits while another process fills `key`, and removes what killed processes have left of it. */
async function othersFill(key: string): Promise<void> {
  const names = await readdir(cacheFolder()).catch(() => []);
  for (const name of names.filter((each) => each.startsWith(`${key}.`) && each.endsWith(".unfinished"))) {
    const folder = join(cacheFolder(), name);
    const owner = Number.parseInt(name.slice(key.length + 1), 10);
    while (owner !== process.pid && isRunning(owner) && existsSync(folder)) {
      await sleep(1000);
    }
    if (owner !== process.pid) {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
