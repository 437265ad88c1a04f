import { $ } from "../cli/shell";
import { prepareActionlint, prepareZizmor } from "./workflowLinters";
import { runCommand } from "../cli/command";

/** `npm run check:workflows`: runs actionlint on the workflows, and zizmor on them and on the action of `.github`. */
runCommand({ maxWords: 0 }, async () => {
  const report = (message: string): void => {
    console.error(message);
  };
  const [actionlint, zizmor] = await Promise.all([prepareActionlint(report), prepareZizmor(report)]);
  const run = $({ stdio: "inherit", nothrow: true });
  // Offline: an answer of GitHub could differ at the next check.
  const exitCodes = [
    (await run`${actionlint}`).exitCode,
    (await run`${zizmor} --offline --no-progress --persona=pedantic --quiet .github`).exitCode,
  ];
  return exitCodes.every((exitCode) => exitCode === 0) ? 0 : 1;
});
