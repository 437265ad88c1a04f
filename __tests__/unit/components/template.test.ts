import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parse as parseToml } from "smol-toml";
import { parse as parseYaml } from "yaml";
import { type Language, quoteShell, render } from "../../../components/template";
import { anyText } from "../../support/arbitraries";
import { temporaryFolder } from "../../support/temporaryFolder";

const folder = temporaryFolder();
const file = join(folder, "example.mustache");

function renderText(template: string, language: Language, view: object): string {
  writeFileSync(file, template);
  return render(file, language, view);
}

/** What the text is after it has been rendered and parsed again, or undefined where it was refused. */
function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    expect(error).toHaveProperty("message", expect.stringMatching(/cannot (be written|contain|hold)/));
    return undefined;
  }
}

test("TOML: any text comes back as it was, half characters are refused", () => {
  fc.assert(
    fc.property(anyText, (value) => {
      const text = attempt(() => renderText("value = {{value}}\n", "toml", { value }));
      expect(text === undefined ? text : parseToml(text)).toEqual(
        value.isWellFormed() ? { value } : undefined,
      );
    }),
    { numRuns: 1000 },
  );
});

test("YAML: any text comes back as it was, half characters are refused", () => {
  fc.assert(
    fc.property(anyText, (value) => {
      const text = attempt(() => renderText("value: {{value}}\n", "yaml", { value }));
      expect(text === undefined ? text : parseYaml(text)).toEqual(
        value.isWellFormed() ? { value } : undefined,
      );
    }),
    { numRuns: 1000 },
  );
});

test("shell: any text is one word, half characters and NUL are refused", () => {
  const texts = fc.array(anyText, { minLength: 100, maxLength: 200, size: "max" });
  fc.assert(
    fc.property(texts, (all) => {
      const values = all.filter((value) => attempt(() => quoteShell(value)) !== undefined);
      expect(values).toEqual(all.filter((value) => value.isWellFormed() && !value.includes("\0")));
      const script = renderText("printf '%s\\0'{{#values}} {{.}}{{/values}}\n", "shell", { values });
      const { stdout } = spawnSync("sh", { input: script, encoding: "utf8" });
      expect(stdout.split("\0").slice(0, -1)).toEqual(values);
    }),
    { numRuns: 20 },
  );
});

test("nginx: any printable text is one word, and what nginx cannot escape is refused", () => {
  fc.assert(
    fc.property(anyText, (value) => {
      const text = attempt(() => renderText("{{value}}", "nginx", { value }));
      const word = text?.replace(/^"(.*)"$/, "$1").replace(/\\(.)/g, "$1");
      expect(word).toBe(/^[ -#%-~]*$/.test(value) ? value : undefined);
    }),
    { numRuns: 1000 },
  );
});

test("systemd: any text is one word, half characters and control characters are refused", () => {
  fc.assert(
    fc.property(anyText, (value) => {
      const text = attempt(() => renderText("{{value}}", "systemd", { value }));
      // What systemd makes of a quoted word, by systemd.service(5) and systemd.syntax(7).
      const word = text
        ?.replace(/^"(.*)"$/su, "$1")
        .replace(/\$\$/g, "$")
        .replace(/%%/g, "%")
        .replace(/\\(.)/gsu, "$1");
      expect(word).toBe(value.isWellFormed() && !/[\0-\x1f\x7f]/.test(value) ? value : undefined);
    }),
    { numRuns: 1000 },
  );
});

test.each<[Language, unknown, string]>([
  ["systemd", "--a=/b.c:1", "--a=/b.c:1"],
  ["systemd", "^/(a|b)(/|$)", '"^/(a|b)(/|$$)"'],
  ["systemd", '50% "of"', '"50%% \\"of\\""'],
  ["toml", 5, "5"],
  ["toml", true, "true"],
  ["yaml", 5, "5"],
  ["yaml", false, "false"],
  ["shell", 5, "'5'"],
])("%s: %p is written as %s", (language, value, expected) => {
  expect(renderText("{{value}}", language, { value })).toBe(expected);
});

test("nothing is escaped for HTML", () => {
  expect(renderText("{{value}}", "yaml", { value: "<a href='b'> & c" })).toBe(`"<a href='b'> & c"`);
});

test("a name that the view lacks is an error, in sections too", () => {
  expect(() => renderText("{{missing}}", "yaml", {})).toThrow('example.mustache: the view has no "missing"');
  expect(() => renderText("{{#list}}{{missing}}{{/list}}", "yaml", { list: [{}] })).toThrow(
    'the view has no "missing"',
  );
});

test("a partial comes from the same folder", () => {
  writeFileSync(join(folder, "part.mustache"), "say {{value}}");
  expect(renderText("{{> part.mustache}}", "shell", { value: "it's" })).toBe(`say 'it'\\''s'`);
});
