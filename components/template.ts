import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import Mustache from "mustache";

/** A language that a template renders to; it decides how `{{value}}` is written. */
export type Language = "shell" | "toml" | "yaml" | "flux" | "nginx" | "systemd";

/**
 * Renders the mustache template `file`. Each `{{value}}` becomes a literal of the language, quotes included;
 * a name that the view lacks is an error. `{{> name}}` includes `name` from the same folder.
 *
 * @throws Error when a value cannot be written in the language, or a name is missing
 */
export function render(file: string, language: Language, view: object): string {
  const partial = (name: string): string => readFileSync(join(dirname(file), name), "utf8");
  return Mustache.render(readFileSync(file, "utf8"), new StrictContext(view, basename(file)), partial, {
    escape: literal[language],
  });
}

/** Writes `value` as one word of a POSIX shell, whatever it contains. */
export function quoteShell(value: string): string {
  requireWellFormed(value);
  if (value.includes("\0")) {
    throw new Error("a shell word cannot contain a NUL character");
  }
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

/** Writes `value` as a string of Flux. */
export function quoteFlux(value: string): string {
  requireWellFormed(value);
  return `"${value.replace(/[\\"]/g, "\\$&").replaceAll("${", "\\${")}"`;
}

/** Telegraf and Grafana expand `$NAME` in the values of their files; `$$` is a `$` for both. */
export function escapeVariables(value: string): string {
  return value.replaceAll("$", "$$$$");
}

// Mustache calls this with whatever the view holds, though its types say strings only.
const literal: Readonly<Record<Language, (value: unknown) => string>> = {
  shell: (value) => quoteShell(String(value)),
  toml: (value) => (typeof value === "string" ? quoteJson(value) : String(value)),
  yaml: (value) => (typeof value === "string" ? quoteJson(value) : String(value)),
  flux: (value) => quoteFlux(String(value)),
  nginx: (value) => quoteNginx(String(value)),
  systemd: (value) => quoteSystemd(String(value)),
};

/**
 * A JSON string with everything but printable ASCII escaped by its UTF-16 unit is also a basic string of TOML
 * and a double-quoted scalar of YAML, except for surrogates, which both want as they are.
 */
function quoteJson(value: string): string {
  requireWellFormed(value);
  return JSON.stringify(value).replace(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** Half a surrogate pair cannot be written in UTF-8: another character would take its place in silence. */
function requireWellFormed(value: string): void {
  if (!value.isWellFormed()) {
    throw new Error("text with half a surrogate pair cannot be written");
  }
}

/**
 * Writes `value` as one word of a systemd command line, such as that of `ExecStart`; a plain word stays as it is.
 * Source: systemd.service(5), "Command lines"
 */
function quoteSystemd(value: string): string {
  requireWellFormed(value);
  if (/^[A-Za-z0-9._:/=-]+$/.test(value)) {
    return value;
  }
  if (/[\0-\x1f\x7f]/.test(value)) {
    throw new Error("a systemd unit cannot hold a control character");
  }
  return `"${value.replace(/[\\"]/g, "\\$&").replaceAll("$", "$$$$").replaceAll("%", "%%")}"`;
}

/**
 * Writes `value` as one word of an nginx configuration; a plain word stays as it is. nginx cannot escape `$` at all, so that
 * is refused. Source: `ngx_conf_read_token` in its src/core/ngx_conf_file.c
 */
function quoteNginx(value: string): string {
  if (/^[A-Za-z0-9._:/-]+$/.test(value)) {
    return value;
  }
  if (!/^[\x20-\x23\x25-\x7e]*$/.test(value)) {
    throw new Error(
      "an nginx configuration cannot hold a text with $, or with other than printable ASCII characters",
    );
  }
  return `"${value.replace(/[\\"]/g, "\\$&")}"`;
}

/** Mustache renders a missing name as nothing; in a configuration file that is a silent mistake. */
class StrictContext extends Mustache.Context {
  constructor(
    view: unknown,
    private readonly file: string,
    parent?: StrictContext,
  ) {
    super(view, parent);
  }

  override push(view: unknown): StrictContext {
    return new StrictContext(view, this.file, this);
  }

  override lookup(name: string): unknown {
    const value: unknown = super.lookup(name);
    if (value === undefined) {
      throw new Error(`${this.file}: the view has no "${name}"`);
    }
    return value;
  }
}
