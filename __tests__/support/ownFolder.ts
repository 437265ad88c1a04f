import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Makes a folder of the user's with files of this content in `parent`. */
export function ownFolder(parent: string, files: Readonly<Record<string, string | Buffer>>): string {
  const path = mkdtempSync(join(parent, "own-"));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(path, name), content);
  }
  return path;
}
