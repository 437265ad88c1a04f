import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { format } from "prettier";
import { renderSettingsTable } from "./settingsTable";
import { runCommand } from "../cli/command";

/** `npm run docs`: writes docs/settings.md from the schema of the settings. */
runCommand({}, async () => {
  const file = join(__dirname, "../../docs/settings.md");
  await writeFile(file, await format(renderSettingsTable(), { parser: "markdown" }));
  return 0;
});
