import { readFile } from "node:fs/promises";
import { GitHub } from "../github/gitHub";
import { UserError } from "../../components/userError";
import { runCommand } from "../cli/command";

/** `npm run pull-request-comment -- NUMBER FILE`: keeps the report in a file as one comment. */
runCommand({}, async ({ positionals: [pullRequest, file] }) => {
  if (pullRequest === undefined || file === undefined) {
    throw new UserError("Which report, and where? `npm run pull-request-comment -- NUMBER FILE`");
  }
  await GitHub.fromEnvironment().keepComment(pullRequest, await readFile(file, "utf8"));
  return 0;
});
