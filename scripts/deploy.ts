import { runCommand, UserError } from "./command";
import { openStack } from "./openStack";

/** `npm run deploy -- STACK [-- --yes]`: applies the settings. */
runCommand({ yes: { type: "boolean" } }, async ({ values, positionals: [name] }) => {
  if (name === undefined) {
    throw new UserError("Which stack? `npm run deploy -- STACK`");
  }
  const exitCode = await (await openStack(name)).deploy(values.yes === true);
  if (exitCode !== 0) {
    console.error(
      "Not everything could be set up: the diagnostics above name what, and the next deploy goes on from there.",
    );
  }
  return exitCode;
});
