import type { z } from "zod";
import { showsSecret } from "./fields";
import { namespace } from "./schema";
import { mayShow } from "./scrape";

/** The mistakes that the schema has found, a line each. */
export function describeMistakes(issues: readonly z.core.$ZodIssue[], raw: unknown): string[] {
  return issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((name) => mistake([...issue.path, name], raw, issue.message, true));
    }
    if (issue.code === "invalid_union") {
      const closest = issue.errors.find((each) => each.some((inner) => inner.path.length > 0));
      const inner = closest?.map((each) => ({ ...each, path: [...issue.path, ...each.path] }));
      return inner === undefined ? [mistake(issue.path, raw, issue.message)] : describeMistakes(inner, raw);
    }
    return [mistake(issue.path, raw, issue.message)];
  });
}

/** A mistake in a file of the user's, in one line; without a path, it is about all of the file. */
export function mistakeInFile(
  { setting, name }: { readonly setting: string; readonly name: string },
  path: readonly PropertyKey[],
  raw: unknown,
  message: string,
): string {
  const place = path.length === 0 ? "" : `${placeOf(path)} ${shownValue(valueAt(path, raw))}: `;
  return `${namespace}:${setting}: the file ${JSON.stringify(name)}: ${place}${message}`;
}

/**
 * A mistake in one line: the setting, its value unless that may be a secret, and what is wrong.
 *
 * @param misspelt whether the key is not a setting, so that its value may be anything
 */
export function mistake(
  path: readonly PropertyKey[],
  raw: unknown,
  message: string,
  misspelt = false,
): string {
  const value = valueAt(path, raw);
  // Text that is no JSON may have a token in it.
  const secret =
    path[0] === "contactPoints" ||
    (path[0] === "presets" && JSON.stringify([value]).includes("@")) ||
    ((path.includes("exporters") || path.includes("nodeExporter")) && showsSecret(JSON.stringify([value]))) ||
    (path[0] === "scrape" && (misspelt || !mayShow(path, value))) ||
    (path[0] === "influxdb" && (misspelt || /token/i.test(JSON.stringify([path, value]))));
  return `${namespace}:${placeOf(path)} ${secret && value !== undefined ? "= …" : shownValue(value)}: ${message}`;
}

function valueAt(path: readonly PropertyKey[], raw: unknown): unknown {
  return path.reduce<unknown>((at, step) => (at as Record<PropertyKey, unknown> | undefined)?.[step], raw);
}

function placeOf(path: readonly PropertyKey[]): string {
  return path
    .map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`))
    .join("")
    .slice(1);
}

function shownValue(value: unknown): string {
  return value === undefined ? "is missing" : `= ${shorten(JSON.stringify(value))}`;
}

function shorten(value: string): string {
  return value.length > 80 ? `${value.slice(0, 77)}...` : value;
}
