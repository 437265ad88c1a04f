import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Makes a folder in `parent` with files of this content, such as one of the user's dashboards. */
export function ownFolder(parent: string, files: Readonly<Record<string, string | Buffer>>): string {
  const path = mkdtempSync(join(parent, "own-"));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(path, name), content);
  }
  return path;
}
