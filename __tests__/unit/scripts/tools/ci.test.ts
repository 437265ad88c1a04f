import { chmodSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { $ } from "../../../../scripts/cli/shell";
import { projectRoot } from "../../../support/projectRoot";
import { temporaryFolder } from "../../../support/temporaryFolder";

const folder = temporaryFolder();

/** Runs `.ci/run` without its `npm ci`, with an `npm` that does this with the script `$2` and its last word `$file`. */
async function runCi(script: string): Promise<{ exitCode: number | null; lastLine: string | undefined }> {
  const npm = join(folder, "npm");
  writeFileSync(npm, `#!/bin/sh\nfor file; do :; done\n${script}\n`);
  chmodSync(npm, 0o755);
  const env = { ...process.env, PATH: [folder, process.env["PATH"]].join(delimiter) };
  const options = { nothrow: true, cwd: projectRoot, env } as const;
  const run = await $(options)`node --require ./typescript.cjs scripts/tools/ci.ts`;
  return { exitCode: run.exitCode, lastLine: run.stdout.trim().split("\n").at(-1) };
}

/** Writes a report of two passed tests. */
const passes = `case $file in *.json) echo '${JSON.stringify({
  numPassedTests: 2,
  numFailedTests: 0,
  numPendingTests: 1,
  numRuntimeErrorTestSuites: 0,
  testResults: [],
})}' >"$file" ;; esac`;

test.each([
  ["everything passes", passes, { exitCode: 0, lastLine: "8 passed, 0 failed, 4 skipped" }],
  [
    "check fails",
    `test "$2" != check || exit 1\n${passes}`,
    { exitCode: 1, lastLine: "8 passed, 1 failed, 4 skipped" },
  ],
  [
    "the unit tests end without a report",
    `test "$2" != test || exit 1\n${passes}`,
    { exitCode: 1, lastLine: "6 passed, 1 failed, 3 skipped" },
  ],
])("where %s, the last line counts it", async (_, script, expected) => {
  expect(await runCi(script)).toEqual(expected);
});
