import { examine } from "../doctor/examination";
import { repair } from "../doctor/repair";
import { describeRest, renderExamination } from "../doctor/report";
import { rehearsalStack } from "../rehearsal/instance";
import { openStack } from "../rehearsal/openStack";
import { runCommand } from "../cli/command";

/**
 * `npm run doctor [-- [STACK] [--fix] [--json]]`: reports the state of the running system, its problems, and how to fix
 * them; of the rehearsal, unless a stack is named. The exit code is 1 if there is a problem. With `--fix`, it first
 * applies again what has drifted.
 */
runCommand(
  { maxWords: 1, options: { json: { type: "boolean" }, fix: { type: "boolean" } } },
  async ({ values, positionals: [name = rehearsalStack] }) => {
    const stack = await openStack(name);
    const first = await examine(stack);
    const examination = values.fix === true && !first.ok ? await repair(stack, first) : first;
    console.log(
      values.json === true ? JSON.stringify(examination, null, 2) : renderExamination(name, examination),
    );
    if (values.fix === true && !examination.ok) {
      console.error(describeRest(examination.findings.length));
    }
    return examination.ok ? 0 : 1;
  },
);
