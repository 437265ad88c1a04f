import type { DataFrame } from "@grafana/data";
import type { Transformation } from "./dashboard";

/** Puts columns in the order that the transformation `organize` names; those that it leaves out come last. */
export function orderColumns(
  frames: DataFrame[],
  transformations: readonly Transformation[] = [],
): DataFrame[] {
  const places = Object.assign({}, ...transformations.map(({ options }) => options.indexByName)) as Record<
    string,
    number
  >;
  const place = (name: string): number => places[name] ?? Number.MAX_SAFE_INTEGER;
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.toSorted((a, b) => place(a.name) - place(b.name)),
  }));
}
