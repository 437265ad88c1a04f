import { confirm } from "@inquirer/prompts";
import { UserError } from "../../components/userError";

/** Something unusual that the user has to confirm. */
export interface Warning {
  readonly lines: readonly string[];
  /** Answered by yes or no. */
  readonly question: string;
  /** The flag that answers yes. */
  readonly flag: "yes" | "accept-host-keys";
}

/** The checked value, or everything that is wrong with the answer. */
export type CheckResult<Value> =
  | {
      readonly value: Value;
      /** Lines that are printed before any warning. */
      readonly notes?: readonly string[];
      readonly warnings?: readonly Warning[];
    }
  | { readonly mistakes: readonly string[] };

export interface Question<Answer, Value> {
  /** The flags that answer it, such as `--domain example.com`. */
  readonly flags: string;
  /** The lines for a missing answer, where "FLAGS is missing." is not enough. */
  readonly missing?: readonly string[];
  /** The answer of the flags. */
  readonly given: Answer | undefined;
  /** The answer without a flag and without a terminal. */
  readonly otherwise?: Answer;
  /** Asks the user; `before` is an answer that was wrong. */
  readonly ask: (before?: Answer) => Promise<Answer>;
  readonly check: (answer: Answer) => Promise<CheckResult<Value>>;
}

/**
 * Asks one question after the other. At a terminal, each question is repeated until its answer is right. Without one,
 * all flags are checked, and everything that is wrong with them is reported at the end.
 */
export class Interview {
  private readonly mistakes: string[] = [];

  /** @param confirmed the flags that were given, by which warnings are confirmed */
  constructor(
    private readonly isTerminal: boolean,
    private readonly confirmed: Readonly<Record<Warning["flag"], boolean>>,
  ) {}

  /**
   * The checked value; `undefined` if the answer is wrong and there is no terminal.
   *
   * @throws UserError if the user aborts
   */
  async answer<Answer, Value>(question: Question<Answer, Value>): Promise<Value | undefined> {
    try {
      return await this.untilRight(question);
    } catch (error) {
      if (error instanceof Error && error.name === "ExitPromptError") {
        throw new UserError("Nothing was written.");
      }
      throw error;
    }
  }

  private async untilRight<Answer, Value>(question: Question<Answer, Value>): Promise<Value | undefined> {
    // `null` is an answer.
    let given = question.given === undefined && !this.isTerminal ? question.otherwise : question.given;
    for (;;) {
      if (given === undefined && !this.isTerminal) {
        this.mistakes.push(...(question.missing ?? [`${question.flags} is missing.`]));
        return undefined;
      }
      const answer: Answer = given === undefined ? await question.ask() : given;
      const result = await question.check(answer);
      if ("notes" in result) {
        result.notes?.forEach((note) => {
          console.log(note);
        });
      }
      const mistakes = "mistakes" in result ? result.mistakes : await this.refused(result.warnings ?? []);
      if ("value" in result && mistakes.length === 0) {
        return result.value;
      }
      if (!this.isTerminal) {
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
    return new UserError("Nothing was written:", this.mistakes);
  }

  /** The mistakes that unconfirmed warnings become. */
  private async refused(warnings: readonly Warning[]): Promise<string[]> {
    const refused: string[] = [];
    for (const { lines, question, flag } of warnings) {
      if (this.isTerminal || this.confirmed[flag]) {
        console.log(lines.join("\n"));
      }
      if (this.confirmed[flag]) {
        continue;
      }
      if (!this.isTerminal) {
        refused.push(...lines, `${question} If so: --${flag}`);
      } else if (!(await confirm({ message: question, default: false }))) {
        refused.push("Fix it and press Enter to check again, or give another answer.");
      }
    }
    return refused;
  }
}
