import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { rehearsalFolder } from "../../../scripts/rehearsal/instance";

const file = join(rehearsalFolder, "project/Pulumi.dev.yaml");

/** Replaces a text in the rehearsal's settings, which must have it. */
export async function editSettings(before: string, after: string): Promise<void> {
  const settings = await readFile(file, "utf8");
  expect(settings).toContain(before);
  await writeFile(
    file,
    settings.replaceAll(before, () => after),
  );
}

/** Changes the value of a setting, or removes it when `change` returns nothing. */
export async function changeSetting<T>(key: string, change: (value: T) => T | undefined): Promise<void> {
  const settings = parseDocument(await readFile(file, "utf8"));
  const path = ["config", `pi-monitoring:${key}`];
  const value = change((settings.toJS() as { config: Record<string, T> }).config[path[1] ?? ""] as T);
  if (value === undefined) {
    settings.deleteIn(path);
  } else {
    settings.setIn(path, value);
  }
  await writeFile(file, settings.toString());
}

/** A setting as the file has it, without defaults. */
export async function readSetting<T>(key: string): Promise<T> {
  const { config } = parseDocument(await readFile(file, "utf8")).toJS() as { config: Record<string, T> };
  const value = config[`pi-monitoring:${key}`];
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
