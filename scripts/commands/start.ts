import { retry } from "zx";
import { runCommand, UserError } from "../cli/command";
import { examine, type Examination } from "../doctor/examination";
import { renderExamination } from "../doctor/report";
import { confirmation, printParts, withProgress } from "../cli/progress";
import { prepareRehearsal } from "../rehearsal/rehearsal";
import { up } from "../stack/deploy";
import type { Stack } from "../stack/stack";

/** `npm start [-- --yes]`: the whole system on this machine, from nothing to a temperature for every Pi. */
runCommand({ yes: { type: "boolean" } }, async ({ values }) => {
  const confirm = confirmation(values.yes);
  const rehearsal = await withProgress("Preparing the rehearsal", (report) =>
    prepareRehearsal({ report, confirm }),
  );
  printParts(rehearsal.parts);

  const { stack } = rehearsal;
  const settings = await stack.settings();
  if ((await up({ stack, settings }, "--yes", "--skip-preview", "--refresh")) !== 0) {
    throw new UserError("`pulumi up` has failed and says why above. `npm start` goes on where it stopped.");
  }
  const examination = await withProgress("Waiting for samples from every node", () =>
    samplesOf(rehearsal.stack),
  );
  console.log(renderExamination(rehearsal.stack.name, examination));
  console.log("`npm run doctor` shows the tables again, `npm run down` takes everything away.");
  return 0;
});

/** The first samples arrive two scrapes and one run of the exporter after the set-up. */
async function samplesOf(stack: Stack): Promise<Examination> {
  return retry(40, "2s", async () => {
    const examination = await examine(stack);
    const { nodes, findings } = examination;
    const silent = nodes.some(({ load1, cpuCelsius }) => load1 === null || cpuCelsius === null);
    // What does not pass is said at the end; to wait for it would be in vain.
    if (silent || findings.some(({ passes }) => passes === true)) {
      throw new UserError(`Not everything reports yet:\n${renderExamination(stack.name, examination)}`);
    }
    return examination;
  });
}
