import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isMap, parseDocument, visit, type Document } from "yaml";
import { namespace } from "../../components/settings/schema";
import { UserError } from "../../components/userError";
import { parseSettings } from "../../components/settings/settings";
import type { Stack } from "../stack/stack";

/** Settings as they stand in the file; the others have their defaults. */
export type WrittenSettings = Readonly<Record<string, unknown>>;

const root = join(__dirname, "../..");

/** The name of a stack's settings file. */
export function settingsFileOf({ plainName }: Stack): string {
  return `Pulumi.${plainName}.yaml`;
}

/** The mistakes in these settings alone; settings that are not given yet are not reported as missing. */
export function settingsMistakes(settings: WrittenSettings): string[] {
  const configuration = Object.entries(settings).map(([key, value]) => [
    `${namespace}:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  try {
    parseSettings("new", Object.fromEntries(configuration) as Record<string, string>);
    return [];
  } catch (error) {
    if (!(error instanceof UserError)) {
      throw error;
    }
    const prefix = `${namespace}:`;
    return error.mistakes
      .map((mistake) => mistake.replace(prefix, ""))
      .filter((mistake) => Object.keys(settings).some((key) => new RegExp(`^${key}\\b`).test(mistake)));
  }
}

/** @throws UserError if the file already has settings */
export async function refuseExistingSettings(stack: Stack): Promise<void> {
  const { contents } = await readSettingsFile(stack);
  const config = isMap(contents) ? contents.get("config") : undefined;
  const keys = isMap(config) ? config.items.map(({ key }) => String(key)) : [];
  if (keys.some((key) => key.startsWith(`${namespace}:`))) {
    throw new UserError(
      `${settingsFileOf(stack)} already has settings, and they stay as they are: edit them there, or name another stack: \`npm run init -- STACK\`.`,
    );
  }
}

/**
 * Makes the stack and writes its settings; the rest of the file stays.
 *
 * @throws UserError if the file as a whole has a mistake
 */
export async function writeSettings(
  stack: Stack,
  settings: WrittenSettings,
  secrets: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  await stack.select();
  const document = await readSettingsFile(stack);
  document.setIn(
    ["config", "pulumi:disable-default-providers"],
    document.createNode(["docker"], { flow: true }),
  );
  for (const [key, value] of Object.entries(settings)) {
    document.setIn(["config", `${namespace}:${key}`], document.createNode(value));
  }
  visit(document, {
    // One machine a line.
    Map: (_, node) => {
      node.flow = node.has("host") || undefined;
    },
  });
  await writeFile(join(root, settingsFileOf(stack)), document.toString({ lineWidth: 0 }));
  for (const [path, value] of Object.entries(secrets)) {
    if (value !== undefined) {
      await stack.setSecret(`${namespace}:${path}`, value);
    }
  }
  await stack.settings();
}

async function readSettingsFile(stack: Stack): Promise<Document> {
  return parseDocument(await readFile(join(root, settingsFileOf(stack)), "utf8").catch(() => ""));
}
