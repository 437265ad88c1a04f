import { readFile } from "node:fs/promises";
import { GitHub } from "../github/gitHub";
import { requireArgument, runCommand } from "../cli/command";

/** `npm run pull-request-comment -- NUMBER FILE`: keeps the report in a file as one comment. */
runCommand({ words: 2 }, async ({ positionals: [pullRequest, file] }) => {
  const question = "Which report, and where? `npm run pull-request-comment -- NUMBER FILE`";
  requireArgument(pullRequest, question);
  requireArgument(file, question);
  await GitHub.fromEnvironment().keepComment(pullRequest, await readFile(file, "utf8"));
  return 0;
});
