import { $ } from "../cli/shell";
import { prepareActionlint, prepareZizmor } from "../rehearsal/toolchain/workflowLinters";
import { runCommand } from "../cli/command";

/** `npm run check:workflows`: the workflows for GitHub and the settings of its bots, against their linters. */
runCommand({}, async () => {
  const report = (message: string): void => {
    console.error(message);
  };
  const [actionlint, zizmor] = await Promise.all([prepareActionlint(report), prepareZizmor(report)]);
  const run = $({ stdio: "inherit", nothrow: true });
  // Offline: what it could ask GitHub for, the next check might be answered differently.
  const exitCodes = [
    (await run`${actionlint}`).exitCode,
    (await run`${zizmor} --offline --no-progress --persona=pedantic --quiet .github`).exitCode,
  ];
  return exitCodes.every((exitCode) => exitCode === 0) ? 0 : 1;
});
