import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { renderedFiles } from "../support/renderedFiles";

const components = join(__dirname, "../../components");

test("each template has an entry, but for those that another one includes", () => {
  const templates = readdirSync(components, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".mustache"),
  );
  const partials = templates.flatMap((file) =>
    Array.from(readFileSync(join(components, file), "utf8").matchAll(/\{\{> (.+)\}\}/g), ([, name]) => name),
  );
  const names = templates.map((file) => basename(file)).filter((name) => !partials.includes(name));
  const entries = Object.keys(renderedFiles).map((name) => `${name}.mustache`);
  expect(names.sort()).toEqual(entries.sort());
});

test.each(Object.entries(renderedFiles))("%s is as it was reviewed", (_, content) => {
  expect(content).toMatchSnapshot();
});
