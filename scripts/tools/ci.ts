import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { $ } from "../cli/shell";
import { instanceVariable } from "../rehearsal/instance";
import { runCommand } from "../cli/command";

/** What this reads of a report that jest writes with `--json`. */
interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  /** Test files that could not even be loaded. */
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly FileReport[];
}

/** Its part about one file. */
interface FileReport {
  readonly name: string;
  readonly status: "passed" | "failed";
  /** The output of its failures. */
  readonly message: string;
}

/** These bring a rehearsal up from nothing or hold time limits, so nothing else runs meanwhile. */
const alone = ["pipeline"];

/**
 * What runs side by side, each lane on a rehearsal of its own: while a suite of one waits, the other works. Two lanes keep
 * two cores busy. docs/contributing.md has the time of each suite, by which they are dealt out.
 */
const lanes = [
  [
    "continuousDelivery",
    "dashboards",
    "doctor",
    "documents",
    "past",
    "reliability/backup",
    "reliability/masters",
    "reliability/nodes",
    "server/certificates",
    "server/contactPoints",
  ],
  [
    "adoption",
    "alerts/downsampling",
    "alerts/fleet",
    "alerts/grafana",
    "alerts/panels",
    "alerts/rules",
    "alerts/thresholds",
    "reliability/backupScript",
    "reliability/faults",
    "upgrade",
  ],
];

interface Outcome {
  readonly exitCode: number;
  /** Where jest wrote its report, of a script that runs jest. */
  readonly report?: string;
}

/** Runs `check`, `test` and the suites, also after one has failed, and counts the reported tests. */
runCommand({}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "pi-monitoring-ci-"));
  const jestRun = async (
    script: string,
    report: string,
    words: readonly string[],
    lane = 0,
  ): Promise<Outcome> => {
    const file = join(folder, `${report}.json`);
    return { exitCode: await npmRun(script, [...words, file], lane), report: file };
  };
  const e2e = (suites: readonly string[], lane = 0): Promise<Outcome> =>
    jestRun("e2e", `e2e-${suites[0] ?? ""}`.replace("/", "-"), [...suites, "--yes", "--json"], lane);

  const outcomes = [
    // Both at once, as the programs of the first one use one processor each.
    ...(await Promise.all([
      npmRun("check").then((exitCode): Outcome => ({ exitCode })),
      jestRun("test", "test", ["--json", "--outputFile"]),
    ])),
    await e2e(alone),
    ...(await Promise.all(lanes.map((suites, lane) => e2e(suites, lane)))),
  ];
  for (const lane of lanes.keys()) {
    outcomes.push({ exitCode: await npmRun("down", [], lane) });
  }

  const reports = await Promise.all(
    outcomes.flatMap(({ report }) => (report === undefined ? [] : [readReport(report)])),
  );
  await rm(folder, { recursive: true });
  const sum = (count: (report: JestReport) => number): number =>
    reports.reduce((total, report) => total + count(report), 0);
  // Here as well, as a log of this length is read, and often kept, from its end.
  for (const { name, message } of reports.flatMap(({ testResults }) => testResults.filter(isFailed))) {
    console.log(`\n=== failed: ${name}\n${message}`);
  }
  const failed = sum((report) => report.numFailedTests + report.numRuntimeErrorTestSuites);
  console.log(
    `${sum(({ numPassedTests }) => numPassedTests)} passed, ${failed} failed, ${sum(({ numPendingTests }) => numPendingTests)} skipped`,
  );
  return outcomes.every(({ exitCode }) => exitCode === 0) && failed === 0 ? 0 : 1;
});

/** @param lane the number of the rehearsal; it marks the lines of what runs side by side */
async function npmRun(script: string, words: readonly string[] = [], lane = 0): Promise<number> {
  const begin = Date.now();
  console.log(`\n=== npm run ${[script, ...words].join(" ")}`);
  const env = { ...process.env, ...(lane === 0 ? {} : { [instanceVariable]: `${lane}` }) };
  const run = $({ nothrow: true, env, stdio: ["ignore", "pipe", "pipe"] })`npm run ${script} -- ${words}`;
  for (const output of [run.stdout, run.stderr]) {
    createInterface(output).on("line", (line) => {
      console.log(`${lane}| ${line}`);
    });
  }
  const exitCode = (await run).exitCode ?? 1;
  console.log(`${lane}| === npm run ${script}: exit code ${exitCode} after ${seconds(Date.now() - begin)} s`);
  return exitCode;
}

/** A run that ended before it could report is one failure. */
async function readReport(file: string): Promise<JestReport> {
  return readFile(file, "utf8").then(
    (text) => JSON.parse(text) as JestReport,
    () => ({
      numPassedTests: 0,
      numFailedTests: 1,
      numPendingTests: 0,
      numRuntimeErrorTestSuites: 0,
      testResults: [],
    }),
  );
}

function isFailed({ status }: FileReport): boolean {
  return status === "failed";
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(0);
}
