import { confirm } from "@inquirer/prompts";
import { Interview, type CheckResult, type Question, type Warning } from "../../../../scripts/init/questionLoop";

jest.mock("@inquirer/prompts", () => ({ confirm: jest.fn() }));

const confirmed = { yes: false, "accept-host-keys": false };
const warning: Warning = { lines: ["a key"], question: "Is it right?", flag: "accept-host-keys" };

/** A question whose right answer is 42. */
function question(change: Partial<Question<number, string>> = {}): Question<number, string> {
  return {
    flags: "--number 42",
    given: undefined,
    ask: jest.fn((before?: number) => Promise.resolve((before ?? 40) + 1)),
    check: (answer) =>
      Promise.resolve(answer === 42 ? { value: "right" } : { mistakes: [`${answer} is wrong`] }),
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
    expect(await new Interview(true, confirmed).answer(asked)).toBe("right");
    expect(jest.mocked(asked.ask).mock.calls).toEqual([[], [41]]);
    expect(shown).toEqual(["✖ 41 is wrong"]);
  });

  test("a flag answers it, and is asked for only if it is wrong", async () => {
    const right = question({ given: 42 });
    await new Interview(true, confirmed).answer(right);
    expect(right.ask).not.toHaveBeenCalled();
    const wrong = question({ given: 41 });
    await new Interview(true, confirmed).answer(wrong);
    expect(jest.mocked(wrong.ask).mock.calls).toEqual([[41]]);
  });

  test("a warning is repeated until it is confirmed", async () => {
    jest.mocked(confirm).mockResolvedValueOnce(false).mockResolvedValueOnce(true);
    const ask = jest.fn(() => Promise.resolve(1));
    const check = (): Promise<{ value: string; warnings: Warning[] }> =>
      Promise.resolve({ value: "right", warnings: [warning] });
    expect(await new Interview(true, confirmed).answer(question({ ask, check }))).toBe("right");
    expect(ask).toHaveBeenCalledTimes(2);
  });

  test("notes are printed before warnings", async () => {
    jest.mocked(confirm).mockResolvedValueOnce(true);
    const check = (): Promise<CheckResult<string>> =>
      Promise.resolve({ value: "right", notes: ["a note"], warnings: [warning] });
    await new Interview(true, confirmed).answer(question({ check }));
    expect(shown).toEqual(["a note", "a key"]);
  });

  test("an abort has no stack trace", async () => {
    const ask = (): Promise<never> => {
      throw Object.assign(new Error("User force closed the prompt"), { name: "ExitPromptError" });
    };
    await expect(new Interview(true, confirmed).answer(question({ ask }))).rejects.toMatchObject({
      name: "UserError",
      message: "Nothing was written.",
    });
  });
});

describe("without a terminal", () => {
  test("nothing is asked, and all mistakes are reported at once", async () => {
    const interview = new Interview(false, confirmed);
    const missing = question();
    expect(await interview.answer(missing)).toBeUndefined();
    expect(await interview.answer(question({ given: 7 }))).toBeUndefined();
    const check = (): Promise<{ value: string; warnings: Warning[] }> =>
      Promise.resolve({ value: "right", warnings: [warning] });
    expect(await interview.answer(question({ given: 42, check }))).toBeUndefined();
    expect(missing.ask).not.toHaveBeenCalled();
    expect(interview.failure().message.split("\n")).toEqual([
      "Nothing was written:",
      "  --number 42 is missing.",
      "  7 is wrong",
      "  a key",
      "  Is it right? If so: --accept-host-keys",
    ]);
  });

  test("a flag confirms its own warnings and no others", async () => {
    const check = (): Promise<{ value: string; warnings: Warning[] }> =>
      Promise.resolve({ value: "right", warnings: [warning] });
    const asked = question({ given: 42, check });
    expect(await new Interview(false, { ...confirmed, yes: true }).answer(asked)).toBeUndefined();
    expect(await new Interview(false, { ...confirmed, "accept-host-keys": true }).answer(asked)).toBe(
      "right",
    );
    expect(shown).toEqual(["a key"]);
  });

  test("a question may have its own lines for a missing answer", async () => {
    const interview = new Interview(false, confirmed);
    await interview.answer(question({ missing: ["one", "two"] }));
    expect(interview.failure().message.split("\n")).toEqual(["Nothing was written:", "  one", "  two"]);
  });

  test("an optional question has a default answer", async () => {
    expect(await new Interview(false, confirmed).answer(question({ otherwise: 42 }))).toBe("right");
  });
});
