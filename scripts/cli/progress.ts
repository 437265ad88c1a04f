import { createInterface } from "node:readline/promises";
import Table from "cli-table3";
import { Listr } from "listr2";
import type { Confirm } from "../rehearsal/toolchain/apt";
import type { Part, Report } from "../rehearsal/toolchain/part";

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

/** Asks the person at the terminal; where there is none, or with `--yes`, everything is agreed to. */
export function confirmation(yes: boolean | undefined): Confirm {
  return yes === true || !process.stdin.isTTY ? () => Promise.resolve(true) : askPerson;
}

/** Shows where each part came from. */
export function printParts(parts: readonly Part[]): void {
  const rows = parts.map(({ name, version, origin }) => [name, version, origin]);
  console.log(renderTable(["part", "version", "origin"], rows));
}

/** A table for the terminal, and plain text wherever else it goes. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({ style: { head: [], border: [], compact: true } });
  table.push([...head], ...rows.map((row) => [...row]));
  return table.toString();
}

async function askPerson(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
