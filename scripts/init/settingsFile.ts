import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isMap, parseDocument, visit, type Document } from "yaml";
import { namespace } from "../../components/settings/schema";
import { UserError } from "../../components/userError";
import { parseSettings } from "../../components/settings/settings";
import type { Stack } from "../stack/stack";

/** Settings as a person writes them into the file: what is not in them has its default. */
export type WrittenSettings = Readonly<Record<string, unknown>>;

const root = join(__dirname, "../..");

/** The name of the file that has a stack's settings. */
export function settingsFileOf({ plainName }: Stack): string {
  return `Pulumi.${plainName}.yaml`;
}

/** What the schema says against these settings. Those that are not among them yet, it does not miss. */
export function mistakesIn(settings: WrittenSettings): string[] {
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

/** @throws UserError if the file has settings: they are somebody's work */
export async function refuseExistingSettings(stack: Stack): Promise<void> {
  const { contents } = await readSettingsFile(stack);
  const config = isMap(contents) ? contents.get("config") : undefined;
  const keys = isMap(config) ? config.items.map(({ key }) => String(key)) : [];
  if (keys.some((key) => key.startsWith(`${namespace}:`))) {
    throw new UserError(
      `${settingsFileOf(stack)} has settings already, and they stay as they are: edit them there, or name another stack: \`npm run init -- STACK\`.`,
    );
  }
}

/** Makes the stack and writes its settings; whatever else is in the file stays. */
export async function writeSettings(stack: Stack, settings: WrittenSettings): Promise<void> {
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
    // A machine is a line, so that another node is one more.
    Map: (_, node) => {
      node.flow = node.has("host") || undefined;
    },
  });
  await writeFile(join(root, settingsFileOf(stack)), document.toString({ lineWidth: 0 }));
}

async function readSettingsFile(stack: Stack): Promise<Document> {
  return parseDocument(await readFile(join(root, settingsFileOf(stack)), "utf8").catch(() => ""));
}
