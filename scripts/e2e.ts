import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { $ } from "./prepare/shell";
import { runCommand, UserError } from "./command";
import { confirmation, printParts, withProgress } from "./progress";
import { prepareRehearsal } from "./rehearsal";

const folder = join(__dirname, "../__tests__/e2e");

/** `npm run e2e [-- SUITE...]`: the rehearsal as a test; all suites, or the named ones. */
runCommand(
  { yes: { type: "boolean" }, json: { type: "string" } },
  async ({ values, positionals: chosen }) => {
    const suites = (await readdir(folder)).flatMap((file) => /^(.+)\.test\.ts$/.exec(file)?.[1] ?? []);
    const unknown = chosen.filter((suite) => !suites.includes(suite));
    if (unknown.length > 0) {
      throw new UserError(`There is no suite ${unknown.join(", ")}; there are ${suites.join(", ")}.`);
    }
    const confirm = confirmation(values.yes);
    const { parts } = await withProgress("Preparing the rehearsal", (report) =>
      prepareRehearsal({ report, confirm }),
    );
    printParts(parts);

    const files = chosen.map((suite) => join(folder, `${suite}.test.ts`));
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
    return (await $({ stdio: "inherit", nothrow: true })`npx jest ${jest}`).exitCode ?? 1;
  },
);
