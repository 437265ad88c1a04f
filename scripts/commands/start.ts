import { retry } from "zx";
import { UserError } from "../../components/userError";
import { runCommand } from "../cli/command";
import { examine, type Examination } from "../doctor/examination";
import { renderExamination } from "../doctor/report";
import { confirmation, withProgress } from "../cli/progress";
import { printParts } from "../rehearsal/toolchain/part";
import { prepareRehearsal } from "../rehearsal/rehearsal";
import { up } from "../stack/deploy";
import type { Stack } from "../stack/stack";

/** `npm start [-- --yes]`: brings up the whole system on this machine, until every Pi has a temperature. */
runCommand({ maxWords: 0, options: { yes: { type: "boolean" } } }, async ({ values }) => {
  const confirm = confirmation(values.yes);
  const { stack, parts } = await withProgress("Preparing the rehearsal", (report) =>
    prepareRehearsal({ report, confirm }),
  );
  printParts(parts);

  const settings = await stack.settings();
  if ((await up({ stack, settings }, "--yes", "--skip-preview", "--refresh")) !== 0) {
    throw new UserError(
      "`pulumi up` has failed, for the reason above. `npm start` continues where it stopped.",
    );
  }
  const examination = await withProgress("Waiting for samples from every node", () => samplesOf(stack));
  console.log(renderExamination(stack.name, examination));
  console.log("`npm run doctor` shows the tables again, `npm run down` removes the machines and .lab.");
  return 0;
});

/** The first samples arrive two scrapes and one run of the exporter after the set-up. */
async function samplesOf(stack: Stack): Promise<Examination> {
  return retry(40, "2s", async () => {
    const examination = await examine(stack);
    const { nodes, findings } = examination;
    const silent = nodes.some(({ load1, cpuCelsius }) => load1 === null || cpuCelsius === null);
    // Findings that do not pass are printed at the end, as waiting does not help.
    if (silent || findings.some(({ mayPassByItself }) => mayPassByItself)) {
      throw new UserError(`Not everything reports yet:\n${renderExamination(stack.name, examination)}`);
    }
    return examination;
  });
}
