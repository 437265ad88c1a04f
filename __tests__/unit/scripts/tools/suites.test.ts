import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { byName, isOfSuite, lanes } from "../../../../scripts/tools/suites";
import { projectRoot } from "../../../support/projectRoot";

const places = Object.entries({ ...lanes, "by name": byName }).flatMap(([place, suites]) =>
  suites.map((suite) => ({ suite, place })),
);
const tests = readdirSync(join(projectRoot, "__tests__/e2e"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".test.ts"))
  .map((file) => file.replace(".test.ts", ""));

test.each(tests)("%s runs in one lane, or by name", (each) => {
  expect(places.filter(({ suite }) => isOfSuite(each, suite))).toHaveLength(1);
});

test.each(tests)("the first line of %s says whether it runs only when it is named", (each) => {
  const [firstLine] = readFileSync(join(projectRoot, `__tests__/e2e/${each}.test.ts`), "utf8").split("\n");
  const says = firstLine === "// Runs only when it is named, see scripts/tools/suites.ts.";
  expect(says).toBe(byName.some((suite) => isOfSuite(each, suite)));
});

test.each(places)("$suite has tests", ({ suite }) => {
  expect(tests.filter((each) => isOfSuite(each, suite))).not.toEqual([]);
});

test("the table of docs/contributing.md has all suites, where they run", () => {
  const document = readFileSync(join(projectRoot, "docs/contributing.md"), "utf8");
  const rows = [...document.matchAll(/^\| `([^`]+)` +\|.*\| (alone|lane-\d|by name) +\|$/gm)];
  const documented = rows.map(([, suite, place]) => ({ suite, place }));
  const bySuite = (a: { suite?: string }, b: { suite?: string }): number =>
    (a.suite ?? "").localeCompare(b.suite ?? "");
  expect(documented.sort(bySuite)).toEqual([...places].sort(bySuite));
});
