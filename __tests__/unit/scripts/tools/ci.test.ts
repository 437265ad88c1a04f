import { chmodSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { $ } from "../../../../scripts/cli/shell";
import { projectRoot } from "../../../support/projectRoot";
import { temporaryFolder } from "../../../support/temporaryFolder";

const folder = temporaryFolder();

/** Runs `.ci/run` without its `npm ci`, with an `npm` that does this with the script `$2` and its last word `$file`. */
async function runCi(script: string): Promise<{ exitCode: number | null; end: string }> {
  const npm = join(folder, "npm");
  writeFileSync(npm, `#!/bin/sh\nfor file; do :; done\n${script}\n`);
  chmodSync(npm, 0o755);
  const env = { ...process.env, PATH: [folder, process.env["PATH"]].join(delimiter) };
  const options = { nothrow: true, cwd: projectRoot, env } as const;
  const run = await $(options)`node --require ./typescript.cjs scripts/tools/ci.ts`;
  const [end = ""] = run.stdout.split(/=== npm run down: exit code 0 after \d+ s\n/).slice(-1);
  return { exitCode: run.exitCode, end };
}

/** Writes a report of two passed tests. */
const passes = `case $file in *.json) echo '${JSON.stringify({
  numPassedTests: 2,
  numFailedTests: 0,
  numPendingTests: 1,
  numRuntimeErrorTestSuites: 0,
  testResults: [],
})}' >"$file" ;; esac`;

const checkFails = `if test "$2" = check; then echo 'why it failed'; exit 1; fi\n${passes}`;
const testFails = `if test "$2" = test; then echo 'no heap' >&2; exit 1; fi\n${passes}`;

test.each([
  ["everything passes", passes, 0, "8 passed, 0 failed, 4 skipped"],
  ["check fails", checkFails, 1, "\n=== failed: npm run check\nwhy it failed\n8 passed, 1 failed, 4 skipped"],
  [
    "the unit tests end without a report",
    testFails,
    1,
    "\n=== failed: npm run test\nno heap\n6 passed, 1 failed, 3 skipped",
  ],
])("where %s, the end names what failed and counts the tests", async (_, script, exitCode, end) => {
  expect(await runCi(script)).toEqual({ exitCode, end: `${end}\n` });
});
