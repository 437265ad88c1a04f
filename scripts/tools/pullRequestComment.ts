import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { renderPreview } from "../github/comment";
import { GitHub } from "../github/gitHub";
import { requireArgument, runCommand } from "../cli/command";

/**
 * `npm run pull-request-comment -- NUMBER FILE STACK`: posts FILE, which `npm run preview` has written, as a comment on a pull
 * request, or replaces the earlier one of its kind. Where the preview has ended before it wrote FILE, the comment says so.
 */
runCommand({ maxWords: 3 }, async ({ positionals: [pullRequest, file, stack] }) => {
  const question = "Which preview, and where? `npm run pull-request-comment -- NUMBER FILE STACK`";
  requireArgument(pullRequest, question);
  requireArgument(file, question);
  requireArgument(stack, question);
  const comment = existsSync(file)
    ? await readFile(file, "utf8")
    : renderPreview(stack, true, "No preview: see the log of the job.");
  await GitHub.fromEnvironment().keepComment(pullRequest, comment);
  return 0;
});
