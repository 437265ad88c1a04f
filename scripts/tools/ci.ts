import { readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { tempfile } from "zx";
import { $ } from "../cli/shell";
import { instanceVariable } from "../rehearsal/instance";
import { runCommand } from "../cli/command";
import { lanesSideBySide } from "./suites";

/** What this reads of a report that jest writes with `--json`. */
interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  /** Test files that could not even be loaded. */
  readonly numRuntimeErrorTestSuites: number;
  /** By file, with the output of its failures; of a script that fails otherwise, with its last lines. */
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
  }[];
}

/** Runs `check`, `test` and the lanes of suites, also after one has failed, and counts the tests. */
runCommand({ maxWords: 0 }, async () => {
  const e2e = (lane: string, instance: number): Promise<JestReport> =>
    jestRun("e2e", [lane, "--yes", "--json"], instance);
  const reports = [
    // Both at once, as the programs of the first one use one processor each.
    ...(await Promise.all([npmRun("check"), jestRun("test", ["--json", "--outputFile"])])),
    await e2e("alone", 0),
    ...(await Promise.all(lanesSideBySide.map(e2e))),
  ];
  // One after the other: the last one ends the Docker engine, which the others need.
  for (const instance of lanesSideBySide.keys()) {
    reports.push(await npmRun("down", [], instance));
  }
  // Here as well, as a log of this length is read, and often kept, from its end.
  for (const { name, message } of reports.flatMap(({ testResults }) => testResults.filter(isFailed))) {
    console.log(`\n=== failed: ${name}\n${message}`);
  }
  const sum = (count: (report: JestReport) => number): number =>
    reports.reduce((total, report) => total + count(report), 0);
  const passed = sum(({ numPassedTests }) => numPassedTests);
  const failed = sum((report) => report.numFailedTests + report.numRuntimeErrorTestSuites);
  console.log(`${passed} passed, ${failed} failed, ${sum(({ numPendingTests }) => numPendingTests)} skipped`);
  return failed === 0 ? 0 : 1;
});

/** Runs an npm script that runs jest, which writes its report to the file that is the last word. */
async function jestRun(script: string, words: readonly string[], instance = 0): Promise<JestReport> {
  const file = tempfile("report.json");
  const run = await npmRun(script, [...words, file], instance);
  const text = await readFile(file, "utf8");
  await rm(dirname(file), { recursive: true });
  const report = text === "" ? run : (JSON.parse(text) as JestReport);
  // A run that fails without a failed test is one failure.
  return report.testResults.some(isFailed)
    ? report
    : { ...report, numFailedTests: run.numFailedTests, testResults: run.testResults };
}

/**
 * Runs an npm script.
 *
 * @param instance the number of the rehearsal; it marks the lines of what runs side by side
 * @returns a report without tests: a script that fails is one failure
 */
async function npmRun(script: string, words: readonly string[] = [], instance = 0): Promise<JestReport> {
  const begin = Date.now();
  console.log(`\n=== npm run ${[script, ...words].join(" ")}`);
  const env = { ...process.env, ...(instance === 0 ? {} : { [instanceVariable]: `${instance}` }) };
  const run = $({ nothrow: true, env, stdio: ["ignore", "pipe", "pipe"] })`npm run ${script} -- ${words}`;
  for (const output of [run.stdout, run.stderr]) {
    createInterface(output).on("line", (line) => {
      console.log(`${instance}| ${line}`);
    });
  }
  const result = await run;
  const { exitCode } = result;
  const seconds = ((Date.now() - begin) / 1000).toFixed(0);
  console.log(`${instance}| === npm run ${script}: exit code ${exitCode ?? "none"} after ${seconds} s`);
  const failure = {
    name: `npm run ${script}`,
    status: "failed",
    message: result.lines().slice(-20).join("\n"),
  };
  return {
    numPassedTests: 0,
    numFailedTests: exitCode === 0 ? 0 : 1,
    numPendingTests: 0,
    numRuntimeErrorTestSuites: 0,
    testResults: exitCode === 0 ? [] : [failure],
  };
}

function isFailed({ status }: JestReport["testResults"][number]): boolean {
  return status === "failed";
}
