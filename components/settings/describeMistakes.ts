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
      // The alternative that was meant: what is wrong is within it.
      const intended = issue.errors.find((issues) => issues.some(({ path }) => path.length > 0));
      const itsIssues = intended?.map((each) => ({ ...each, path: [...issue.path, ...each.path] }));
      return itsIssues === undefined
        ? [mistake(issue.path, raw, issue.message)]
        : describeMistakes(itsIssues, raw);
    }
    return [mistake(issue.path, raw, issue.message)];
  });
}

/**
 * A mistake in a file of the user's, in one line; without a path, it is about all of the file.
 *
 * @param leftOut whether the key may not be there, so that its value may be anything, also a secret
 */
export function mistakeInFile(
  { setting, name }: { readonly setting: string; readonly name: string },
  path: readonly PropertyKey[],
  raw: unknown,
  message: string,
  leftOut = false,
): string {
  const value = leftOut ? "= …" : shownValue(valueAt(path, raw));
  const place = path.length === 0 ? "" : `${placeOf(path)} ${value}: `;
  return `${namespace}:${setting}: the file ${JSON.stringify(name)}: ${place}${message}`;
}

/**
 * A mistake in one line: the setting, its value unless that may be a secret, and what is wrong.
 *
 * @param misspelt whether the key is not a setting, so that its value may be anything, also a secret
 */
export function mistake(
  path: readonly PropertyKey[],
  raw: unknown,
  message: string,
  misspelt = false,
): string {
  const value = valueAt(path, raw);
  const isHidden = value !== undefined && (misspelt || mayBeSecret(path, value));
  return `${namespace}:${placeOf(path)} ${isHidden ? "= …" : shownValue(value)}: ${message}`;
}

/** What stands in front of the host of a URL: a password, or a token alone. */
const userInfo = /:\/\/[^/]*@/;

/** Whether a value may be a secret, or have one in it: an object or a list that is not valid JSON is one text here. */
function mayBeSecret(path: readonly PropertyKey[], value: unknown): boolean {
  switch (path[0]) {
    case "contactPoints":
      return true;
    case "influxdb":
      return /token/i.test(JSON.stringify([path, value])) || userInfo.test(JSON.stringify([value]));
    case "presets":
      // The URL of a target may have a password in it.
      return JSON.stringify([value]).includes("@");
    case "scrape":
      return !mayShow(path, value);
    default:
      return showsSecret(JSON.stringify([value])) || userInfo.test(JSON.stringify([value]));
  }
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
