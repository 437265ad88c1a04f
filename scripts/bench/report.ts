import { cpus, totalmem } from "node:os";
import { renderTable } from "../cli/table";
import type { Figure } from "./figure";
import { holds, type Limit, type Result } from "./result";

/** The results as a table for the terminal. */
export function renderResults(results: readonly Result[]): string {
  const rows = results.map((result) => [
    result.title,
    result.ours === undefined ? "" : `${show(result.ours)} s`,
    result.other === undefined ? "" : `${result.other.name}: ${show(result.other.seconds)} s`,
    `${show(result.figure)} ${result.unit}`,
    result.limit === undefined ? "" : showLimit(result.limit),
    { true: "holds", false: "missed", undefined: "" }[`${holds(result)}`],
  ]);
  return renderTable(["what", "pi-monitoring", "compared with", "median (from - to)", "must be", ""], rows);
}

/** The results by their names, as JSON, with the machine that they are from. */
export function resultsAsJson(results: readonly Result[]): string {
  const byName = results.map(({ name, title, unit, figure, ours, other, limit }) => [
    name,
    { ...figure, unit, title, ours, other, limit },
  ]);
  return JSON.stringify({ machine: machine(), ...(Object.fromEntries(byName) as object) }, null, 2);
}

/** What the figures are from. */
export function machine(): { cores: number; processor: string; memoryGb: number } {
  return {
    cores: cpus().length,
    processor: cpus()[0]?.model ?? "unknown",
    memoryGb: Math.round(totalmem() / 1e9),
  };
}

function show({ median, spread: [least, greatest] }: Figure): string {
  const text = (value: number): string => value.toFixed(Math.abs(value) < 10 ? 2 : 1);
  return `${text(median)} (${text(least)} - ${text(greatest)})`;
}

function showLimit(limit: Limit): string {
  return "atLeast" in limit ? `at least ${limit.atLeast}` : `at most ${limit.atMost}`;
}
