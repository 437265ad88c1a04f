import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Document, parseDocument } from "yaml";
import { rehearsalFolder, rehearsalStack } from "../../../scripts/rehearsal/instance";

const file = join(rehearsalFolder, `project/Pulumi.${rehearsalStack}.yaml`);

/** Replaces all occurrences of a text in the rehearsal's settings, which must have it. */
export async function editSettings(before: string, after: string): Promise<void> {
  const settings = await readFile(file, "utf8");
  expect(settings).toContain(before);
  await writeFile(
    file,
    // A `$` in the text has no meaning.
    settings.replaceAll(before, () => after),
  );
}

/**
 * Changes the value of a setting, or removes it when `change` returns nothing.
 *
 * @param change gets the value as the file has it; none where the file has no such setting
 */
export async function changeSetting<T>(
  key: string,
  change: (value: T | undefined) => T | undefined,
): Promise<void> {
  const settings = await parseFile();
  const value = change(valueIn(settings, key) as T | undefined);
  if (value === undefined) {
    settings.deleteIn(pathOf(key));
  } else {
    settings.setIn(pathOf(key), value);
  }
  await writeFile(file, settings.toString());
}

/** A setting as the file has it, without defaults. */
export async function readSetting<T>(key: string): Promise<T> {
  const value = valueIn(await parseFile(), key) as T | undefined;
  if (value === undefined) {
    throw new Error(`The rehearsal has no setting ${key}.`);
  }
  return value;
}

/** Runs `use` after `change`, and restores the settings. */
export async function withSettings<R>(change: () => Promise<void>, use: () => Promise<R>): Promise<R> {
  const before = await readFile(file, "utf8");
  try {
    await change();
    return await use();
  } finally {
    await writeFile(file, before);
  }
}

async function parseFile(): Promise<Document> {
  return parseDocument(await readFile(file, "utf8"));
}

function pathOf(key: string): readonly [string, string] {
  return ["config", `pi-monitoring:${key}`];
}

function valueIn(settings: Document, key: string): unknown {
  const [section, name] = pathOf(key);
  return (settings.toJS() as Record<string, Record<string, unknown> | undefined>)[section]?.[name];
}
