import type { z } from "zod";
import { showsSecret } from "./exporters";
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
  const value = path.reduce<unknown>(
    (at, step) => (at as Record<PropertyKey, unknown> | undefined)?.[step],
    raw,
  );
  // Text that is no JSON may have a token in it.
  const secret =
    path[0] === "contactPoints" ||
    (path[0] === "presets" && /:\/\/[^/]*@/.test(JSON.stringify(value))) ||
    (path.includes("exporters") && showsSecret(JSON.stringify([value]))) ||
    (path[0] === "scrape" && (misspelt || !mayShow(path, value))) ||
    (path[0] === "influxdb" && (misspelt || /token/i.test(JSON.stringify([path, value]))));
  const name = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`)).join("");
  const shown = value === undefined ? "is missing" : secret ? "= …" : `= ${shorten(JSON.stringify(value))}`;
  return `${namespace}:${name.slice(1)} ${shown}: ${message}`;
}

function shorten(value: string): string {
  return value.length > 80 ? `${value.slice(0, 77)}...` : value;
}
