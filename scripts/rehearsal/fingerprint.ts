import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename } from "node:path";

/** Identifies what something is made from: only with another one it is made again. */
export function fingerprint(...values: readonly string[]): string {
  return createHash("sha256").update(values.join("\0")).digest("hex").slice(0, 12);
}

/** The same, of a value and of the names and contents of files, which are in a fixed order. */
export async function fingerprintOfFiles(files: readonly string[], value = ""): Promise<string> {
  const hash = createHash("sha256").update(value);
  for (const file of files) {
    hash.update(`\0${basename(file)}\0`);
    for await (const piece of createReadStream(file)) {
      hash.update(piece as Buffer);
    }
  }
  return hash.digest("hex").slice(0, 12);
}
