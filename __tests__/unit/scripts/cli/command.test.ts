import { parseArguments } from "../../../../scripts/cli/command";

const usage = { words: 1, options: { fix: { type: "boolean" } } } as const;

test("words and options are taken", () => {
  expect(parseArguments(usage, ["home", "--fix"])).toMatchObject({
    positionals: ["home"],
    values: { fix: true },
  });
  expect(parseArguments({ words: Infinity }, ["a", "b", "c"]).positionals).toEqual(["a", "b", "c"]);
});

test.each([
  [["home", "other", "words"], "This command does not take other words. Nothing was done."],
  [["--unknown"], "Unknown option '--unknown'"],
])("%j is refused", (words, message) => {
  expect(() => parseArguments(usage, words)).toThrow(message);
});

test("a command that takes options only takes no stack", () => {
  expect(() => parseArguments({ words: 0 }, ["home"])).toThrow("This command does not take home.");
});
