import { writeFile } from "node:fs/promises";
import { againstAnsible } from "./ansible";
import type { Measurement } from "./bench";
import { againstCompose } from "./compose";
import { renderChart } from "./chart";
import { doctorAgainstAnsible } from "./doctor";
import { removeNodes } from "./fleet";
import { footprint } from "./footprint";
import { sustainedIngest } from "./ingest";
import { againstTheLimits } from "./largeFleet";
import { renderResults, resultsAsJson } from "./report";
import { holds, type Result } from "./result";
import { ensureDocker } from "../rehearsal/toolchain/docker";
import { preparePulumi } from "../rehearsal/toolchain/pulumi";
import { UserError } from "../../components/userError";
import { runCommand } from "../cli/command";
import { confirmation, withProgress } from "../cli/progress";
import { printParts } from "../rehearsal/toolchain/part";

const measurements: Readonly<Record<string, Measurement>> = {
  ansible3: againstAnsible(3, {}),
  ansible20: againstAnsible(20, { first: { atLeast: 7 }, unchanged: { atLeast: 12 } }),
  ansible100: againstAnsible(100, { unchanged: { atLeast: 40 } }),
  doctor20: doctorAgainstAnsible(20, { atLeast: 5 }),
  compose: againstCompose,
  largeFleet: againstTheLimits({ logins: 400, large: 1000, growth: [100, 400, 1000] }),
  ingest: sustainedIngest({
    nodes: 1000,
    samplesPerSecond: 30_000,
    minutes: 10,
    awaySeconds: 120,
    drainSeconds: 300,
  }),
  footprint,
};

/**
 * `npm run bench [-- NAME...] [--repeat N] [--json FILE] [--svg FILE] [--yes]`: this program against what people use today, all in
 * one run on this machine. Exit code 1 if something is slower than it must be.
 */
runCommand(
  {
    maxWords: Infinity,
    options: {
      yes: { type: "boolean" },
      repeat: { type: "string", default: "3" },
      json: { type: "string" },
      svg: { type: "string" },
    },
  },
  async ({ values, positionals }) => {
    const chosen = positionals.length > 0 ? positionals : Object.keys(measurements);
    const unknown = chosen.filter((name) => !Object.hasOwn(measurements, name));
    const repeat = Number(values.repeat);
    if (unknown.length > 0 || !Number.isInteger(repeat) || repeat < 1) {
      throw new UserError(
        `\`npm run bench -- NAME... --repeat N\` knows ${Object.keys(measurements).join(", ")}, and repeats at least once.`,
      );
    }
    const confirm = confirmation(values.yes);
    const { parts, environment } = await withProgress("Preparing", (report) => preparePulumi(report));
    printParts([...parts, await ensureDocker({ report: console.log, confirm })]);

    const results: Result[] = [];
    try {
      for (const [name, { title, measure }] of Object.entries(measurements)) {
        if (chosen.includes(name)) {
          results.push(
            ...(await withProgress(title, (report) =>
              measure({ preparation: { report, confirm }, repeat, pulumi: environment }),
            )),
          );
          console.log(renderResults(results));
        }
      }
    } finally {
      await removeNodes();
    }
    if (values.json !== undefined) {
      await writeFile(values.json, `${resultsAsJson(results)}\n`);
    }
    if (values.svg !== undefined) {
      await writeFile(values.svg, renderChart(results));
    }
    return results.every((result) => holds(result) !== false) ? 0 : 1;
  },
);
