import { confirm } from "@inquirer/prompts";
import { Listr } from "listr2";

/** Says what is being done, and how long it usually takes. */
export type Report = (message: string) => void;

/** Asks whether something may be changed on this machine. */
export type Confirm = (question: string) => Promise<boolean>;

/** What steps use that install or start something on this machine. */
export interface Preparation {
  readonly report: Report;
  readonly confirm: Confirm;
}

/** Runs `work` under a title, with what it reports beneath. Lines are only added, so a question can stand between. */
export async function withProgress<T>(title: string, work: (report: Report) => Promise<T>): Promise<T> {
  const result: { value?: T } = {};
  const list = new Listr<object, "simple">(
    {
      title,
      task: async (_, task) => {
        result.value = await work((message) => {
          task.output = message;
        });
      },
    },
    { renderer: "simple" },
  );
  await list.run();
  return result.value as T;
}

/** Asks the user at the terminal; without one, or with `--yes`, every answer is yes. */
export function confirmation(yes: boolean | undefined): Confirm {
  return yes === true || !process.stdin.isTTY
    ? () => Promise.resolve(true)
    : // Ctrl-C is a no.
      (message) => confirm({ message, default: false }).catch(() => false);
}
