import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A folder that is removed after the calling test file. All users may read it, as nginx's workers run as another user.
 *
 * @param parent `/tmp` for a path that is short enough for a socket: a Mac's own temporary folder is too long
 */
export function temporaryFolder(parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, "pi-"));
  chmodSync(folder, 0o755);
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  return folder;
}
