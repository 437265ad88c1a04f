import { writeFile } from "node:fs/promises";
import { UserError } from "../../components/userError";
import { requireArgument, runCommand } from "../cli/command";
import { renderPreview } from "../github/comment";
import { openStack } from "../rehearsal/openStack";
import { preview } from "../stack/preview";

/**
 * `npm run preview -- STACK [--comment FILE]`: shows what a deploy would change, checked by the policies. With
 * `--comment` it also writes the text of a comment on a pull request. It needs neither the server nor a node, and shows
 * no secret.
 */
runCommand(
  { maxWords: 1, options: { comment: { type: "string" } } },
  async ({ values, positionals: [name] }) => {
    requireArgument(name, "Which stack? `npm run preview -- STACK`");
    const { exitCode, output } = await openStack(name)
      .then(preview)
      .catch((error: unknown) => {
        if (error instanceof UserError) {
          // It is thrown before anything is decrypted, or by the settings, whose mistakes quote no secret.
          return { exitCode: 1, output: error.message };
        }
        throw error;
      });
    console.log(output);
    if (values.comment !== undefined) {
      await writeFile(values.comment, renderPreview(name, exitCode !== 0, output));
    }
    return exitCode;
  },
);
