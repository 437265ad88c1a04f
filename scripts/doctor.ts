import { diagnose, renderDiagnosis } from "./stack/diagnosis";
import { runCommand } from "./terminal/command";
import { openStack } from "./stack/openStack";

/** `npm run doctor [-- STACK] [-- --json]`: how the running system is; exit code 1 if something is not well. */
runCommand({ json: { type: "boolean" } }, async ({ values, positionals: [name = "dev"] }) => {
  const diagnosis = await diagnose(await openStack(name));
  console.log(values.json === true ? JSON.stringify(diagnosis, null, 2) : renderDiagnosis(diagnosis));
  return diagnosis.ok ? 0 : 1;
});
