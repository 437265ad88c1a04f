/*
 * The name of a backup's folder is its time in UTC, such as 2026-11-23T031500Z. backup.sh.mustache gives and recognizes
 * these names too.
 */

/** The complete ones among the names in a folder of backups, the oldest first. */
export function completeBackups(names: readonly string[]): string[] {
  return names.filter((name) => /^\d{4}-\d\d-\d\dT\d{6}Z$/.test(name)).sort();
}

/** When a backup was made, in milliseconds since 1970; undefined if its folder was renamed. */
export function backupTime(name: string): number | undefined {
  const [stamp] = /^\d{4}-\d\d-\d\dT\d{6}Z/.exec(name) ?? [];
  return stamp === undefined ? undefined : Date.parse(stamp.replace(/(..)(..)(..)Z$/, "$1:$2:$3Z"));
}
