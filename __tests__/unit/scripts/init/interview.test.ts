import { confirm } from "@inquirer/prompts";
import { Interview, type Doubt, type Question, type Verdict } from "../../../../scripts/init/interview";

jest.mock("@inquirer/prompts", () => ({ confirm: jest.fn() }));

const agreed = { yes: false, "accept-host-keys": false };
const doubt: Doubt = { lines: ["a key"], question: "Is it right?", flag: "accept-host-keys" };

/** A question whose right answer is 42. */
function question(change: Partial<Question<number, string>> = {}): Question<number, string> {
  return {
    flags: "--number 42",
    given: undefined,
    ask: jest.fn((before?: number) => Promise.resolve((before ?? 40) + 1)),
    check: (answer) =>
      Promise.resolve(answer === 42 ? { result: "right" } : { mistakes: [`${answer} is wrong`] }),
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
    expect(await new Interview(true, agreed).answer(asked)).toBe("right");
    expect(jest.mocked(asked.ask).mock.calls).toEqual([[], [41]]);
    expect(shown).toEqual(["✖ 41 is wrong"]);
  });

  test("a flag answers it, and is asked for only if it is wrong", async () => {
    const right = question({ given: 42 });
    await new Interview(true, agreed).answer(right);
    expect(right.ask).not.toHaveBeenCalled();
    const wrong = question({ given: 41 });
    await new Interview(true, agreed).answer(wrong);
    expect(jest.mocked(wrong.ask).mock.calls).toEqual([[41]]);
  });

  test("a doubt is for the person to settle", async () => {
    jest.mocked(confirm).mockResolvedValueOnce(false).mockResolvedValueOnce(true);
    const ask = jest.fn(() => Promise.resolve(1));
    const check = (): Promise<{ result: string; doubts: Doubt[] }> =>
      Promise.resolve({ result: "right", doubts: [doubt] });
    expect(await new Interview(true, agreed).answer(question({ ask, check }))).toBe("right");
    expect(ask).toHaveBeenCalledTimes(2);
  });

  test("what a check reports comes before its warnings", async () => {
    jest.mocked(confirm).mockResolvedValueOnce(true);
    const check = (): Promise<Verdict<string>> =>
      Promise.resolve({ result: "right", notes: ["a note"], doubts: [doubt] });
    await new Interview(true, agreed).answer(question({ check }));
    expect(shown).toEqual(["a note", "a key"]);
  });

  test("an interrupted interview shows no stack trace", async () => {
    const ask = (): Promise<never> => {
      throw Object.assign(new Error("User force closed the prompt"), { name: "ExitPromptError" });
    };
    await expect(new Interview(true, agreed).answer(question({ ask }))).rejects.toMatchObject({
      name: "UserError",
      message: "Nothing was written.",
    });
  });
});

describe("without a terminal", () => {
  test("no question is asked, and all mistakes are reported at once", async () => {
    const interview = new Interview(false, agreed);
    const missing = question();
    expect(await interview.answer(missing)).toBeUndefined();
    expect(await interview.answer(question({ given: 7 }))).toBeUndefined();
    const check = (): Promise<{ result: string; doubts: Doubt[] }> =>
      Promise.resolve({ result: "right", doubts: [doubt] });
    expect(await interview.answer(question({ given: 42, check }))).toBeUndefined();
    expect(missing.ask).not.toHaveBeenCalled();
    expect(interview.failure().message.split("\n")).toEqual([
      "Nothing was written:",
      "  --number 42 is missing.",
      "  7 is wrong",
      "  a key",
      "  Is it right? Then say so: --accept-host-keys",
    ]);
  });

  test("a flag settles its own doubts and no others", async () => {
    const check = (): Promise<{ result: string; doubts: Doubt[] }> =>
      Promise.resolve({ result: "right", doubts: [doubt] });
    const asked = question({ given: 42, check });
    expect(await new Interview(false, { ...agreed, yes: true }).answer(asked)).toBeUndefined();
    expect(await new Interview(false, { ...agreed, "accept-host-keys": true }).answer(asked)).toBe("right");
    expect(shown).toEqual(["a key"]);
  });

  test("a question may say itself what is to be done where it is not answered", async () => {
    const interview = new Interview(false, agreed);
    await interview.answer(question({ missing: ["one", "two"] }));
    expect(interview.failure().message.split("\n")).toEqual(["Nothing was written:", "  one", "  two"]);
  });

  test("a question that may be left out has an answer", async () => {
    expect(await new Interview(false, agreed).answer(question({ otherwise: 42 }))).toBe("right");
  });
});
