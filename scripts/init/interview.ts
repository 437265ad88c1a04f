import { confirm } from "@inquirer/prompts";
import { UserError } from "../../components/userError";

/** Something that may be right, which only a person can tell. */
export interface Doubt {
  readonly lines: readonly string[];
  /** What the person is asked, with yes and no for answers. */
  readonly question: string;
  /** The flag that says yes. */
  readonly flag: "yes" | "accept-host-keys";
}

/** What a check has found out: something to go on with, or all that is wrong. */
export type Verdict<Result> =
  | {
      readonly result: Result;
      /** What the person is told before any question. */
      readonly notes?: readonly string[];
      readonly doubts?: readonly Doubt[];
    }
  | { readonly mistakes: readonly string[] };

export interface Question<Answer, Result> {
  /** How the flags answer it, such as `--domain example.com`. */
  readonly flags: string;
  /** What is said without a terminal where no flag answers it, if that is more than that the flags are missing. */
  readonly missing?: readonly string[];
  /** What they have answered. */
  readonly given: Answer | undefined;
  /** The answer of whoever says nothing, where there is no terminal. */
  readonly otherwise?: Answer;
  /** Asks the person; `before` is an answer that was not right. */
  readonly ask: (before?: Answer) => Promise<Answer>;
  readonly check: (answer: Answer) => Promise<Verdict<Result>>;
}

/**
 * Asks one question after the other. A person is asked until the answer is right; without a terminal all flags are
 * looked at, and whatever is wrong with any of them is told at the end.
 */
export class Interview {
  private readonly mistakes: string[] = [];

  /** @param agreed the flags by which doubts are no more */
  constructor(
    private readonly terminal: boolean,
    private readonly agreed: Readonly<Record<Doubt["flag"], boolean>>,
  ) {}

  /**
   * What came of the check of the answer; nothing, if it is wrong and there is nobody to ask.
   *
   * @throws UserError if the person breaks it off
   */
  async answer<Answer, Result>(question: Question<Answer, Result>): Promise<Result | undefined> {
    try {
      return await this.untilRight(question);
    } catch (error) {
      if (error instanceof Error && error.name === "ExitPromptError") {
        throw new UserError("Nothing was written.");
      }
      throw error;
    }
  }

  private async untilRight<Answer, Result>(question: Question<Answer, Result>): Promise<Result | undefined> {
    // `null` is an answer.
    let given = question.given === undefined && !this.terminal ? question.otherwise : question.given;
    for (;;) {
      if (given === undefined && !this.terminal) {
        this.mistakes.push(...(question.missing ?? [`${question.flags} is missing.`]));
        return undefined;
      }
      const answer: Answer = given === undefined ? await question.ask() : given;
      const verdict = await question.check(answer);
      if ("notes" in verdict) {
        verdict.notes?.forEach((note) => {
          console.log(note);
        });
      }
      const mistakes = "mistakes" in verdict ? verdict.mistakes : await this.refused(verdict.doubts ?? []);
      if ("result" in verdict && mistakes.length === 0) {
        return verdict.result;
      }
      if (!this.terminal) {
        this.mistakes.push(...mistakes);
        return undefined;
      }
      mistakes.forEach((mistake) => {
        console.log(`✖ ${mistake}`);
      });
      given = await question.ask(answer);
    }
  }

  /** Every mistake at once. */
  failure(): UserError {
    return new UserError(["Nothing was written:", ...this.mistakes.map((each) => `  ${each}`)].join("\n"));
  }

  /** What the doubts become that nobody agrees to. */
  private async refused(doubts: readonly Doubt[]): Promise<string[]> {
    const refused: string[] = [];
    for (const { lines, question, flag } of doubts) {
      if (this.terminal || this.agreed[flag]) {
        console.log(lines.join("\n"));
      }
      if (this.agreed[flag]) {
        continue;
      }
      if (!this.terminal) {
        refused.push(...lines, `${question} Then say so: --${flag}`);
      } else if (!(await confirm({ message: question, default: false }))) {
        refused.push("Then it is put right first, or answered differently; Enter looks again.");
      }
    }
    return refused;
  }
}
