import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../support/projectRoot";

/** Words that make a sentence hard to read, where plain ones exist: no one, the user, existing, again. */
const avoided = /\b(nobody|whoever|somebody else|anew)\b/i;

/** Names that cannot change, and what was written for releases. */
const most = 10;

test(`the code, the documents and the tests avoid words that must be read twice`, () => {
  const files = execFileSync(
    "git",
    ["ls-files", "*.ts", "*.tsx", "*.md", "*.sh", "*.pl", "*.mustache", "*.js", "*.cjs"],
    {
      cwd: projectRoot,
      encoding: "utf8",
    },
  );
  const lines = files
    .trim()
    .split("\n")
    .filter((file) => !__filename.endsWith(file))
    .flatMap((file) =>
      readFileSync(join(projectRoot, file), "utf8")
        .split("\n")
        .flatMap((line, index) => (avoided.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
    );
  expect(lines.length > most ? lines : []).toEqual([]);
});
