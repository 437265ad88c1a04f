import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { $ } from "./prepare/shell";
import { runCommand, UserError } from "./terminal/command";
import { confirmation, printParts, withProgress } from "./terminal/progress";
import { prepareRehearsal } from "./rehearsal";

const folder = join(__dirname, "../__tests__/e2e");

/**
 * `npm run e2e [-- SUITE... [--full]]`: the rehearsal as a test; all suites, or the named ones. With `--full`, faults
 * last as long and come as often as docs/reliability.md says.
 */
runCommand(
  { yes: { type: "boolean" }, json: { type: "string" }, full: { type: "boolean" } },
  async ({ values, positionals: chosen }) => {
    // A suite is a file, or a folder of them.
    const tests = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith(".test.ts"));
    const suiteOf = (file: string): string => file.replace(/(\/|\.test\.ts$).*/, "");
    const suites = [...new Set(tests.map(suiteOf))].sort();
    const unknown = chosen.filter((suite) => !suites.includes(suite));
    if (unknown.length > 0) {
      throw new UserError(`There is no suite ${unknown.join(", ")}; there are ${suites.join(", ")}.`);
    }
    const confirm = confirmation(values.yes);
    const { parts } = await withProgress("Preparing the rehearsal", (report) =>
      prepareRehearsal({ report, confirm }),
    );
    printParts(parts);

    const files = tests.filter((file) => chosen.includes(suiteOf(file))).map((file) => join(folder, file));
    const report = values.json === undefined ? [] : ["--json", `--outputFile=${values.json}`];
    const jest = [
      "--selectProjects",
      "e2e",
      "--runInBand",
      "--verbose",
      "--testTimeout=900000",
      ...report,
      ...files,
    ];
    const env = { ...process.env, PI_MONITORING_FULL: `${values.full === true}` };
    return (await $({ stdio: "inherit", nothrow: true, env })`npx jest ${jest}`).exitCode ?? 1;
  },
);
