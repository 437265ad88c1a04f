import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder for the tests of a file, removed after them. Every user may look into it, as nginx does. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "pi-monitoring-test-"));
  chmodSync(folder, 0o755);
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  return folder;
}
