import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { $ } from "./prepare/shell";
import { runCommand } from "./terminal/command";

interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  /** Test files that could not even be loaded. */
  readonly numRuntimeErrorTestSuites: number;
}

/** The suites that a change waits for. All of them take longer than it should: `npm run e2e` runs those. */
const suites = [
  "pipeline",
  "documents",
  "delivery",
  "doctor",
  "alerts",
  "reliability",
  "adoption",
  "providers",
];

/** Runs `check`, `test` and these suites, all of them whatever one says, and counts what the tests have reported. */
runCommand({}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "pi-monitoring-ci-"));
  const reports = { test: join(folder, "test.json"), e2e: join(folder, "e2e.json") };
  const exitCodes = [
    await npmRun("check"),
    await npmRun("test", "--json", `--outputFile=${reports.test}`),
    await npmRun("e2e", ...suites, "--yes", "--json", reports.e2e),
    await npmRun("down"),
  ];

  let [passed, failed, skipped] = [0, 0, 0];
  for (const file of Object.values(reports)) {
    const report = await readReport(file);
    passed += report.numPassedTests;
    failed += report.numFailedTests + report.numRuntimeErrorTestSuites;
    skipped += report.numPendingTests;
  }
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return exitCodes.every((exitCode) => exitCode === 0) && failed === 0 ? 0 : 1;
});

async function npmRun(script: string, ...words: string[]): Promise<number> {
  console.log(`\n=== npm run ${script}`);
  return (await $({ stdio: "inherit", nothrow: true })`npm run ${script} -- ${words}`).exitCode ?? 1;
}

/** A run that ended before it could report is one failure. */
async function readReport(file: string): Promise<JestReport> {
  return readFile(file, "utf8").then(
    (text) => JSON.parse(text) as JestReport,
    () => ({ numPassedTests: 0, numFailedTests: 1, numPendingTests: 0, numRuntimeErrorTestSuites: 0 }),
  );
}
