import { runCommand, UserError } from "./command";
import { openStack } from "./openStack";

/**
 * `npm run deploy -- STACK [-- --yes]`: `pulumi up` for production. A node that is off stops nobody else; what was
 * removed behind Pulumi's back is found and made again.
 */
runCommand({ yes: { type: "boolean" } }, async ({ values, positionals: [name] }) => {
  if (name === undefined) {
    throw new UserError("Which stack? `npm run deploy -- STACK`");
  }
  const stack = await openStack(name);
  const exitCode = await stack.up(
    "--continue-on-error",
    "--refresh",
    ...(values.yes === true ? ["--yes"] : []),
  );
  if (exitCode !== 0) {
    console.error(
      "Not everything could be set up: the diagnostics above name what, and the next deploy goes on from there.",
    );
  }
  return exitCode;
});
