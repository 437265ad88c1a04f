import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

/**
 * The contents of the provisioning files of a folder, without expansion.
 *
 * @throws Error for a file without `apiVersion: 1`
 */
export function readFiles<Content extends object>(folder: string): Content[] {
  return filesIn(folder, /\.ya?ml$/).map((path) => {
    const content = parse(readFileSync(path, "utf8")) as (Content & { readonly apiVersion?: number }) | null;
    if (content?.apiVersion !== 1) {
      throw new Error(`${path}: apiVersion must be 1`);
    }
    return content;
  });
}

/** The paths of the files of a folder whose names match; none if there is no such folder. */
export function filesIn(folder: string, name: RegExp): string[] {
  const names = existsSync(folder) ? readdirSync(folder).filter((each) => name.test(each)) : [];
  return names.sort().map((each) => join(folder, each));
}

/** Expands `$__file{path}` and `$$` in every string, as Grafana does in its settings and in the files of data sources. */
export function expanded<Value>(value: Value): Value {
  if (typeof value === "string") {
    return value.split("$$").map(expandFiles).join("$") as Value;
  }
  if (Array.isArray(value)) {
    return value.map(expanded) as Value;
  }
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, expanded(inner)])) as Value;
  }
  return value;
}

function expandFiles(text: string): string {
  const result = text.replace(/\$__file\{([^}]*)\}/g, (_, path: string) => readFileSync(path, "utf8").trim());
  if (text.replace(/\$__file\{[^}]*\}/g, "").includes("$")) {
    throw new Error(
      "This is a stand-in for Grafana: it expands $__file{} and $$ only; write a literal $ as $$.",
    );
  }
  return result;
}
