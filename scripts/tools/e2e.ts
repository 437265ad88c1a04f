import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { $ } from "../cli/shell";
import { UserError } from "../../components/userError";
import { runCommand } from "../cli/command";
import { confirmation, withProgress } from "../cli/progress";
import { printParts } from "../rehearsal/toolchain/part";
import { prepareRehearsal } from "../rehearsal/rehearsal";
import { instanceVariable, ports } from "../rehearsal/instance";
import { byName, isOfSuite, jestOptions, lanes } from "./suites";

const folder = join(__dirname, "../../__tests__/e2e");

/**
 * `npm run e2e [-- SUITE... [--full]]`: the rehearsal as a test; the named suites or lanes, or all lanes. With `--full`,
 * faults last as long and come as often as docs/reliability.md says.
 */
runCommand(
  {
    maxWords: Infinity,
    options: { yes: { type: "boolean" }, json: { type: "string" }, full: { type: "boolean" } },
  },
  async ({ values, positionals }) => {
    const tests = (await readdir(folder, { recursive: true }))
      .filter((file) => file.endsWith(".test.ts"))
      .map((file) => file.replace(/\.test\.ts$/, ""));
    const chosen = positionals.length > 0 ? positionals : Object.keys(lanes);
    const suites = chosen.flatMap((name) => lanes[name] ?? [name]);
    const unknown = suites.filter((suite) => !tests.some((test) => isOfSuite(test, suite)));
    if (unknown.length > 0) {
      const known = [...Object.keys(lanes), ...Object.values(lanes).flat(), ...byName].join(", ");
      throw new UserError(`There is no suite ${unknown.join(", ")}; there are ${known}.`);
    }
    await holdRehearsal();
    const confirm = confirmation(values.yes);
    const { parts } = await withProgress("Preparing the rehearsal", (report) =>
      prepareRehearsal({ report, confirm }),
    );
    printParts(parts);

    const files = tests
      .filter((test) => suites.some((suite) => isOfSuite(test, suite)))
      .map((test) => join(folder, `${test}.test.ts`));
    const report = values.json === undefined ? [] : ["--json", `--outputFile=${values.json}`];
    const env = { ...process.env, PI_MONITORING_FULL: `${values.full === true}` };
    return (
      (await $({ stdio: "inherit", nothrow: true, env })`npx jest ${[...jestOptions, ...report, ...files]}`)
        .exitCode ?? 1
    );
  },
);

/** Holds the rehearsal for this run. The system frees the port also when this process is killed. */
async function holdRehearsal(): Promise<void> {
  const server = createServer().listen(ports.e2e, "127.0.0.1");
  await once(server, "listening").catch((error: unknown) => {
    throw (error as NodeJS.ErrnoException).code === "EADDRINUSE"
      ? new UserError(
          `Another \`npm run e2e\` uses this rehearsal (port ${ports.e2e} is taken): wait for it, or use a rehearsal of its own with ${instanceVariable}=1 to 9.`,
        )
      : error;
  });
  server.unref();
}
