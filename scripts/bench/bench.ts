import type { Preparation } from "../cli/progress";
import type { Result } from "./result";

/** What every measurement gets. */
export interface Bench {
  readonly preparation: Preparation;
  /** How often each thing is done; the report has the median. */
  readonly repeat: number;
  /** What to add to the environment of a process that runs `pulumi`. */
  readonly pulumi: Readonly<Record<string, string>>;
}

/** Something that `npm run bench` measures. */
export interface Measurement {
  /** What it is about, for the progress. */
  readonly title: string;
  readonly measure: (bench: Bench) => Promise<Result[]>;
}

/** Calls `measureOnce` as often as the bench repeats, one after the other. */
export async function repeated<T>(
  { repeat }: Bench,
  measureOnce: (index: number) => Promise<T>,
): Promise<T[]> {
  const values: T[] = [];
  for (let index = 0; index < repeat; index++) {
    values.push(await measureOnce(index));
  }
  return values;
}
