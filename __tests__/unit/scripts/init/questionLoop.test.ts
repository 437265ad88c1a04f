import { confirm } from "@inquirer/prompts";
import { UserError } from "../../../../components/userError";
import type { Checked, Warning } from "../../../../scripts/init/checkResult";
import { type Question, QuestionLoop } from "../../../../scripts/init/questionLoop";

jest.mock("@inquirer/prompts", () => ({ confirm: jest.fn() }));

const confirmed = { yes: false, "accept-host-keys": false };
const warning: Warning = { lines: ["a key"], question: "Is it right?", flag: "accept-host-keys" };

/** A question whose right answer is 42. */
function question(change: Partial<Question<number, string>> = {}): Question<number, string> {
  return {
    flags: "--number 42",
    given: undefined,
    ask: jest.fn((before?: number) => Promise.resolve((before ?? 40) + 1)),
    check: (answer) => {
      if (answer !== 42) {
        throw new UserError(`${answer} is wrong`);
      }
      return { value: "right" };
    },
    ...change,
  };
}

let shown: string[];

beforeEach(() => {
  shown = [];
  jest.spyOn(console, "log").mockImplementation((line: string) => shown.push(line));
});

afterEach(() => {
  jest.restoreAllMocks();
});

describe("at a terminal", () => {
  test("a question is asked until its answer is right, each time from the last answer", async () => {
    const asked = question();
    expect(await new QuestionLoop(true, confirmed).ask(asked)).toBe("right");
    expect(jest.mocked(asked.ask).mock.calls).toEqual([[], [41]]);
    expect(shown).toEqual(["✖ 41 is wrong"]);
  });

  test("a flag answers it, and is asked for only if it is wrong", async () => {
    const right = question({ given: 42 });
    await new QuestionLoop(true, confirmed).ask(right);
    expect(right.ask).not.toHaveBeenCalled();
    const wrong = question({ given: 41 });
    await new QuestionLoop(true, confirmed).ask(wrong);
    expect(jest.mocked(wrong.ask).mock.calls).toEqual([[41]]);
  });

  test("a warning is repeated until it is confirmed", async () => {
    jest.mocked(confirm).mockResolvedValueOnce(false).mockResolvedValueOnce(true);
    const ask = jest.fn(() => Promise.resolve(1));
    const check = (): Checked<string> => ({ value: "right", warnings: [warning] });
    expect(await new QuestionLoop(true, confirmed).ask(question({ ask, check }))).toBe("right");
    expect(ask).toHaveBeenCalledTimes(2);
  });

  test("notes are printed before warnings", async () => {
    jest.mocked(confirm).mockResolvedValueOnce(true);
    const check = (): Checked<string> => ({ value: "right", notes: ["a note"], warnings: [warning] });
    await new QuestionLoop(true, confirmed).ask(question({ check }));
    expect(shown).toEqual(["a note", "a key"]);
  });

  test("an abort has no stack trace", async () => {
    const ask = (): Promise<never> => {
      throw Object.assign(new Error("User force closed the prompt"), { name: "ExitPromptError" });
    };
    await expect(new QuestionLoop(true, confirmed).ask(question({ ask }))).rejects.toMatchObject({
      name: "UserError",
      message: "Nothing was written.",
    });
  });
});

describe("without a terminal", () => {
  test("nothing is asked, and all mistakes are reported at once", async () => {
    const loop = new QuestionLoop(false, confirmed);
    const missing = question();
    expect(await loop.ask(missing)).toBeUndefined();
    expect(await loop.ask(question({ given: 7 }))).toBeUndefined();
    const check = (): Checked<string> => ({ value: "right", warnings: [warning] });
    expect(await loop.ask(question({ given: 42, check }))).toBeUndefined();
    expect(missing.ask).not.toHaveBeenCalled();
    expect(loop.failure().message.split("\n")).toEqual([
      "Nothing was written:",
      "  --number 42 is missing.",
      "  7 is wrong",
      "  a key",
      "  Is it right? If so: --accept-host-keys",
    ]);
  });

  test("a flag confirms its own warnings and no others", async () => {
    const check = (): Checked<string> => ({ value: "right", warnings: [warning] });
    const asked = question({ given: 42, check });
    expect(await new QuestionLoop(false, { ...confirmed, yes: true }).ask(asked)).toBeUndefined();
    expect(await new QuestionLoop(false, { ...confirmed, "accept-host-keys": true }).ask(asked)).toBe(
      "right",
    );
    expect(shown).toEqual(["a key"]);
  });

  test("a question may have its own lines for a missing answer", async () => {
    const loop = new QuestionLoop(false, confirmed);
    await loop.ask(question({ missing: ["one", "two"] }));
    expect(loop.failure().message.split("\n")).toEqual(["Nothing was written:", "  one", "  two"]);
  });

  test("an optional question has a default answer", async () => {
    expect(await new QuestionLoop(false, confirmed).ask(question({ otherwise: 42 }))).toBe("right");
  });
});
