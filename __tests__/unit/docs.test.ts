import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { longestName } from "../../components/settings/crossChecks";
import { debianExporter, exporterNames } from "../../components/settings/exporters";
import { services } from "../../components/settings/serviceNames";
import { renderSettingsTable } from "../../scripts/tools/settingsTable";
import { readReleases } from "../support/changelog";

const root = join(__dirname, "../..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const documents = [
  "README.md",
  "CHANGELOG.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" }).map((name) => `docs/${name}`),
].filter((file) => file.endsWith(".md"));

test("docs/settings.md has every setting as the schema has it (`npm run docs` writes it)", () => {
  // Prettier has made the columns of its table wide.
  const narrow = (text: string): string => text.replace(/-{3,}/g, "---").replace(/ {2,}/g, " ");
  expect(narrow(read("docs/settings.md"))).toBe(narrow(renderSettingsTable()));
});

test("docs/outputs.md has every output of the program", () => {
  const exported = [...read("index.ts").matchAll(/^export const (\w+)/gm)].map(([, name]) => name);
  const documented = [...read("docs/outputs.md").matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
  expect(documented.sort()).toEqual(exported.sort());
});

test("docs/exporters.md has every exporter as the table of the program has it", () => {
  const rows = [
    ...read("docs/exporters.md").matchAll(/^\| `([^`]+)` +\| `([^`]+)` +\| (\d+) \| `?(\w+)`? +\|/gm),
  ];
  expect(rows.map(([, ...cells]) => cells)).toEqual(
    exporterNames.map((name) => {
      const { port, capabilities = ["none"] } = debianExporter(name);
      return [name, `prometheus-${name}-exporter`, `${port}`, capabilities.join()];
    }),
  );
});

test("docs/production.md has the longest name of a certificate, and the longest domain that leaves room for a service", () => {
  const [, name, domain] =
    /holds a name of (\d+) characters, so the domain may have (\d+)/.exec(
      read("docs/production.md").replace(/\s+/g, " "),
    ) ?? [];
  const prefix = Math.max(...services.map((service) => `${service}.`.length));
  expect([name, domain]).toEqual([`${longestName}`, `${longestName - prefix}`]);
});

test("CHANGELOG.md has the version of package.json as its newest release", () => {
  const { version } = JSON.parse(read("package.json")) as { version: string };
  expect(readReleases()[0]?.version).toBe(version);
});

test("CHANGELOG.md calls nothing but resources replaced or deleted, as `upgrade` looks for them", () => {
  const names = readReleases().flatMap(({ disruption }) => [...disruption.replaced, ...disruption.deleted]);
  expect(names.filter((name) => !/^[a-z0-9-]+$/.test(name))).toEqual([]);
});

/** The anchors of a document's headings, as GitHub makes them. */
const anchorsOf = (file: string): string[] =>
  [...read(file).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, "")
      .replaceAll(" ", "-"),
  );

test.each(documents)("every link of %s leads somewhere", (file) => {
  const links = [...read(file).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?/g)];
  const missing = links.filter(([, path, anchor]) => {
    const target = path === "" ? file : join(file, "..", path ?? "");
    return !existsSync(join(root, target)) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
  });
  expect(missing.map(([link]) => link)).toEqual([]);
});

/** The commands of a document, but for those that are marked as needing real hardware. */
function commandsOf(file: string): string[] {
  const blocks = [...read(file).matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = ""]) => block);
  return blocks
    .flatMap((block) => block.replace(/\\\n\s*/g, "").split("\n"))
    .flatMap((line) => line.replace(/\s+#.*/, "").split(/ && | \|\| /))
    .filter((command) => command !== "");
}

/** What is run by other means than a test of the rehearsal, and by what. */
const ranBy: Readonly<Record<string, string>> = {
  "npm ci": ".ci/run",
  "npm run bench": "scripts/bench/main.ts",
};

const tests = readdirSync(join(root, "__tests__/e2e"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".test.ts"))
  .map((file) => read(join("__tests__/e2e", file)))
  .join("\n")
  .replaceAll("npm run --silent", "npm run")
  .replace(/\brun(?:OrFail)?\(\s*"([a-z-]+)"/g, "npm run $1");

test.each(documents)("every command of %s is one that a test runs", (file) => {
  const untried = commandsOf(file).filter((command) => {
    const [, script = ""] = /^(npm (?:run [a-z-]+|ci|start))/.exec(command.replace(" --silent", "")) ?? [];
    // __tests__/e2e/documents.test.ts gives each setting to a stack.
    const isTried =
      script !== ""
        ? tests.includes(script) || ranBy[script] !== undefined
        : /^pulumi config set /.test(command);
    return !isTried;
  });
  expect(untried).toEqual([]);
});
