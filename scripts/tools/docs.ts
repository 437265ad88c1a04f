import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { format } from "prettier";
import { renderSettingsTable } from "./settingsTable";
import { runCommand } from "../cli/command";

/** `npm run docs`: writes down what is known from the code, in docs/settings.md. */
runCommand({}, async () => {
  const file = join(__dirname, "../../docs/settings.md");
  await writeFile(file, await format(renderSettingsTable(), { parser: "markdown" }));
  return 0;
});
