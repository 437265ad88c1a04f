import type { Figure } from "./figure";

/** One line of the report. */
export interface Result {
  /** The name in the JSON file. */
  readonly name: string;
  /** What was done, and with how many nodes. */
  readonly title: string;
  /** Seconds that the program took. */
  readonly ours?: Figure;
  readonly other?: Side;
  readonly figure: Figure;
  /** What the figure counts: `times`, `s`, `MB`, ... */
  readonly unit: string;
  /** What must hold; unset for what is only reported. */
  readonly limit?: Limit;
}

/** What the program is compared with. */
export interface Side {
  /** What it is, such as `Ansible`. */
  readonly name: string;
  readonly seconds: Figure;
}

export type Limit = { readonly atLeast: number } | { readonly atMost: number };

/** Whether the median is within the limit; undefined where there is none. */
export function holds({ figure, limit }: Result): boolean | undefined {
  if (limit === undefined) {
    return undefined;
  }
  return "atLeast" in limit ? figure.median >= limit.atLeast : figure.median <= limit.atMost;
}
