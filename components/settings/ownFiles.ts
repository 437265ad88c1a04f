import { lstatSync, type Stats, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { expandHome } from "../machine/ssh";

/** A file of the user's. */
export interface OwnFile {
  /** Without its folder. */
  readonly name: string;
  readonly content: string;
}

/** For a file: it is uploaded, and is in the state of the stack. */
const maximumMegabytes = 1;

/** A name that needs no care in a path, and leaves room for what is added to it. */
const plainName = /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}$/;

/**
 * Takes the path of a folder, and gives its files with these endings. Hidden ones and those with other endings are passed
 * over; a folder in it is a mistake.
 *
 * @param endings of the files' names, such as `.json`
 */
export function folderOf(...endings: readonly string[]) {
  const allowed = `the path of a folder with files ${endings.map((ending) => `*${ending}`).join(" or ")}`;
  const error = `must be ${allowed}`;
  return z
    .string({ error })
    .min(1, { error })
    .transform((path, context) => {
      const { files, mistakes } = readFolder(expandHome(path), endings);
      const shown = files.length + mistakes.length === 0 ? [`${error}: it has none`] : mistakes;
      for (const message of shown) {
        context.addIssue({ code: "custom", message });
      }
      return files;
    })
    .meta({ allowed });
}

const allowedUid = "must be a text of up to 40 letters, digits, hyphens and underscores";

/** What Grafana takes for the UID of a dashboard or a rule. Source: `ValidateUID` of its pkg/util/shortid_generator.go */
export const ownUid = z
  .string({ error: allowedUid })
  .regex(/^[A-Za-z0-9_-]{1,40}$/, { error: allowedUid })
  .refine((uid) => !uid.startsWith("pi-monitoring-"), {
    error: "must not begin with pi-monitoring-, as those of the program do",
  });

/**
 * Records the owner of a name.
 *
 * @param owners by name
 * @returns what is wrong if the name has another owner already
 */
export function claim(owners: Map<string, string>, name: string, owner: string): string | undefined {
  const other = owners.get(name);
  if (other === undefined) {
    owners.set(name, owner);
    return undefined;
  }
  return `must be unique; ${other} has the same`;
}

function readFolder(path: string, endings: readonly string[]): { files: OwnFile[]; mistakes: string[] } {
  const files: OwnFile[] = [];
  const mistakes: string[] = [];
  const names = namesIn(path);
  if (names === undefined) {
    return { files, mistakes: ["must be a folder that can be read"] };
  }
  for (const name of names) {
    const mistake = add(name);
    mistakes.push(...(mistake === undefined ? [] : [mistake]));
  }
  return { files, mistakes };

  function add(name: string): string | undefined {
    const stats = statsOf(join(path, name));
    if (stats?.isDirectory() === true) {
      return `must have its files at the top; ${JSON.stringify(name)} is a folder`;
    }
    if (!endings.some((ending) => name.endsWith(ending))) {
      return undefined;
    }
    const about = (message: string): string => `the file ${JSON.stringify(name)} ${message}`;
    if (!plainName.test(name)) {
      return about(
        "must have a name of up to 100 letters, digits, blanks, dots, hyphens and underscores that begins with a letter or a digit",
      );
    }
    if (stats === undefined) {
      return about(unreadable);
    }
    if (!stats.isFile()) {
      return about("must be a file, and not a link or a device");
    }
    if (stats.size > maximumMegabytes * 1024 * 1024) {
      return about(`must have at most ${maximumMegabytes} MB`);
    }
    const content = readText(join(path, name));
    if (typeof content !== "string") {
      return about(content.mistake);
    }
    files.push({ name, content });
    return undefined;
  }
}

/** The names in a folder; unset if it cannot be read. */
function namesIn(path: string): string[] | undefined {
  try {
    return readdirSync(path)
      .filter((name) => !name.startsWith("."))
      .sort();
  } catch {
    return undefined;
  }
}

/** Unset if the folder may be listed and not entered, or if the file has gone meanwhile. */
function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

const unreadable = "must be one that can be read";

function readText(path: string): string | { readonly mistake: string } {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return { mistake: unreadable };
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return { mistake: "must be text in UTF-8" };
  }
}
