import { UserError } from "../../../../components/userError";
import { parseArguments } from "../../../../scripts/cli/command";

const usage = {
  maxWords: 1,
  options: { fix: { type: "boolean" }, folder: { type: "string" }, node: { type: "string", multiple: true } },
} as const;

test("words and options are taken", () => {
  expect(parseArguments(usage, ["home", "--fix"])).toMatchObject({
    positionals: ["home"],
    values: { fix: true },
  });
  expect(parseArguments({ maxWords: Infinity }, ["a", "b", "c"]).positionals).toEqual(["a", "b", "c"]);
});

test.each([
  [["home", "kube-0", "kube-1"], "This command does not take kube-0 kube-1. Nothing was done."],
  [["--unknown"], "Unknown option '--unknown'. Nothing was done."],
  [["--fix=yes"], "Option '--fix' does not take an argument. Nothing was done."],
  [[""], "An argument is empty. Nothing was done."],
  [["home", "--folder", ""], "An argument is empty. Nothing was done."],
  [["home", "--node", "kube-0", "--node="], "An argument is empty. Nothing was done."],
])("%j is refused", (words, message) => {
  expect(() => parseArguments(usage, words)).toThrow(new UserError(message));
});

test("a command without words refuses a stack", () => {
  expect(() => parseArguments({ maxWords: 0 }, ["home"])).toThrow("This command does not take home.");
});
