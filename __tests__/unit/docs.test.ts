import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "prettier";
import { renderSettingsTable } from "../../scripts/docs/settingsTable";

const root = join(__dirname, "../..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const documents = ["README.md", ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`)].filter(
  (file) => file.endsWith(".md"),
);

test("docs/settings.md has every setting as the schema has it (`npm run docs` writes it)", async () => {
  expect(read("docs/settings.md")).toBe(
    await format(renderSettingsTable(), { ...options, parser: "markdown" }),
  );
});

test("docs/outputs.md has every output of the program", () => {
  const exported = [...read("index.ts").matchAll(/^export const (\w+)/gm)].map(([, name]) => name);
  const documented = [...read("docs/outputs.md").matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
  expect(documented.sort()).toEqual(exported.sort());
});

test.each(documents)("every link of %s leads somewhere", (file) => {
  const targets = [...read(file).matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, target = ""]) => target);
  const missing = targets.filter((target) => {
    try {
      return read(join(file, "..", target)) === "";
    } catch (error) {
      // A folder is somewhere, too.
      return (error as NodeJS.ErrnoException).code !== "EISDIR";
    }
  });
  expect(missing).toEqual([]);
});

/** Each command that a document shows, and the test that runs it. */
const tried: readonly (readonly [command: RegExp, test: string])[] = [
  [/^npm ci && npm start$/, "__tests__/e2e/pipeline.test.ts"],
];

test.todo("commands");
