import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What `pulumi up` does to resources that a stack has already: the names, sorted. */
export interface Disruption {
  readonly replaced: readonly string[];
  readonly deleted: readonly string[];
}

export interface Release {
  readonly version: string;
  readonly commit: string;
  /** What an update from this release to the present program does, by the sections of all that came later. */
  readonly disruption: Disruption;
}

/** The releases in CHANGELOG.md, the newest first. */
export function readReleases(): Release[] {
  const text = readFileSync(join(__dirname, "../../CHANGELOG.md"), "utf8");
  const sections = text.split(/^## /m).slice(1);
  if (sections[0]?.startsWith("[Unreleased]\n") !== true) {
    throw new Error("CHANGELOG.md: the first section must be [Unreleased].");
  }
  return sections.slice(1).map((section, index) => {
    const version = /^\[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d\n/.exec(section)?.[1];
    const commit = /^Commit: ([0-9a-f]{40})$/m.exec(section)?.[1];
    if (version === undefined || commit === undefined) {
      throw new Error(
        `CHANGELOG.md: a release needs "[X.Y.Z] - YYYY-MM-DD" and a line "Commit: " with the full hash:\n${section}`,
      );
    }
    const later = sections.slice(0, index + 1).join("");
    return {
      version,
      commit,
      disruption: { replaced: namesIn(later, "replaced"), deleted: namesIn(later, "deleted") },
    };
  });
}

/** The names in backquotes in all sentences with a word. */
function namesIn(text: string, word: string): string[] {
  const sentences = text.split(/[.:;]\s|\n[-#]/).filter((sentence) => sentence.split(/\W+/).includes(word));
  const names = sentences.flatMap((sentence) => [...sentence.matchAll(/`([^`]+)`/g)]);
  return [...new Set(names.map(([, name = ""]) => name))].sort();
}
