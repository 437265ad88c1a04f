import { confirm } from "@inquirer/prompts";
import { UserError } from "../../components/userError";
import { withProgress } from "../cli/progress";
import { type Checked, mistakesOf, type Warning } from "./checkResult";

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
  /** What is shown during a check that takes seconds. */
  readonly progress?: string;
  /** @throws UserError with everything that is wrong with the answer, a line each */
  readonly check: (answer: Answer) => Checked<Value> | Promise<Checked<Value>>;
}

/**
 * Asks one question after the other. At a terminal, each question is repeated until its answer is right. Without one,
 * all flags are checked, and everything that is wrong with them is reported at the end.
 */
export class QuestionLoop {
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
  async ask<Answer, Value>(question: Question<Answer, Value>): Promise<Value | undefined> {
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
    let answer = question.given ?? (this.isTerminal ? await question.ask() : question.otherwise);
    while (answer !== undefined) {
      const result = await checkAnswer(question, answer);
      const mistakes = Array.isArray(result) ? result : await this.refused(result);
      if (!Array.isArray(result) && mistakes.length === 0) {
        return result.value;
      }
      if (!this.isTerminal) {
        this.mistakes.push(...mistakes);
        return undefined;
      }
      for (const mistake of mistakes) {
        console.log(`✖ ${mistake}`);
      }
      answer = await question.ask(answer);
    }
    this.mistakes.push(...(question.missing ?? [`${question.flags} is missing.`]));
    return undefined;
  }

  /** Every mistake at once. */
  failure(): UserError {
    return new UserError("Nothing was written:", this.mistakes);
  }

  /** Prints the notes and the warnings; returns the mistakes that unconfirmed warnings become. */
  private async refused({ notes = [], warnings = [] }: Checked<unknown>): Promise<string[]> {
    for (const note of notes) {
      console.log(note);
    }
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

/** The checked answer, or its mistakes, which do not let the task of the progress fail. */
function checkAnswer<Answer, Value>(
  { progress, check }: Question<Answer, Value>,
  answer: Answer,
): Promise<Checked<Value> | string[]> {
  const run = async (): Promise<Checked<Value> | string[]> => {
    try {
      return await check(answer);
    } catch (error) {
      return mistakesOf(error);
    }
  };
  return progress === undefined ? run() : withProgress(progress, run);
}
