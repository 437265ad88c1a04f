import { existsSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative } from "node:path";
import ts from "typescript";
import { projectRoot } from "../support/projectRoot";

const { dependencies, scripts } = JSON.parse(
  readFileSync(join(projectRoot, "package.json"), "utf8"),
) as Record<"dependencies" | "scripts", Readonly<Record<string, string>>>;

/** What runs where only `npm ci --omit=dev` has run, beside the program and its policies. */
const commands = [
  ...[
    "init",
    "preview",
    "deploy",
    "rotate",
    "doctor",
    "password",
    "alert-test",
    "backup",
    "restore",
    "trust",
  ],
  ...["pull-request-comment", "doctor-issue"],
];

test.each([
  ["the program", "index.ts"],
  ["the policies", "scripts/policy/policyPack.ts"],
  ...commands.map((command) => [command, scripts[command]?.split(" ").at(-1) ?? ""]),
])("%s imports only packages that are dependencies", (_, file) => {
  const imported = [...importedPackages(join(projectRoot, file))];
  expect(imported.filter(([name]) => dependencies[name] === undefined)).toEqual([]);
});

test("what tsconfig.json extends is a dependency, as tsx reads it", () => {
  const tsconfig = readFileSync(join(projectRoot, "tsconfig.json"), "utf8");
  const { extends: base } = JSON.parse(tsconfig) as Record<"extends", string>;
  expect(Object.keys(dependencies)).toContain(dirname(base));
});

/** The packages that a file and what it imports load at once, each with the file that imports it. */
function importedPackages(entry: string): Map<string, string> {
  const packages = new Map<string, string>();
  const files = new Set([entry]);
  for (const file of files) {
    for (const path of importsOf(file)) {
      if (path.startsWith(".")) {
        const base = join(dirname(file), path);
        const source = [`${base}.ts`, join(base, "index.ts")].find((each) => existsSync(each));
        if (source !== undefined) {
          files.add(source);
        }
      } else if (!path.startsWith("node:") && !builtinModules.includes(path)) {
        packages.set(/^(@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? path, relative(projectRoot, file));
      }
    }
  }
  return packages;
}

/** The paths of the import and export declarations of a file, without those of types alone. */
function importsOf(file: string): string[] {
  const { statements } = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest);
  return statements.flatMap((statement) => {
    const isImport =
      ts.isImportDeclaration(statement) &&
      statement.importClause?.phaseModifier !== ts.SyntaxKind.TypeKeyword;
    const isExport = ts.isExportDeclaration(statement) && !statement.isTypeOnly;
    const path = isImport || isExport ? statement.moduleSpecifier : undefined;
    return path !== undefined && ts.isStringLiteral(path) ? [path.text] : [];
  });
}
