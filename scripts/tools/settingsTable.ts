import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { namespace, settingsSchema } from "../../components/settings/schema";
import { runCommand } from "../cli/command";
import { $ } from "../cli/shell";

/** What this reads of a JSON Schema; `allowed` is metadata of the settings. */
interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly allowed?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  /** Of an object with one of several names as each key. */
  readonly additionalProperties?: JsonSchema | boolean;
  readonly propertyNames?: JsonSchema;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

/** What the schemas around that of a setting say about it. */
interface Outer {
  readonly meaning: string;
  readonly fallback?: unknown;
  readonly isOptional?: boolean;
}

/** `npm run docs`: writes docs/settings.md from the schema of the settings. */
if (require.main === module) {
  runCommand({ maxWords: 0 }, async () => {
    const file = join(__dirname, "../../docs/settings.md");
    await writeFile(file, renderSettingsTable());
    await $`npx prettier --write ${file}`;
    return 0;
  });
}

/** The table of all settings in Markdown: allowed values, defaults, meanings. */
export function renderSettingsTable(): string {
  const schema = z.toJSONSchema(settingsSchema, {
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      // zod leaves both out where a value is transformed.
      if (zodSchema instanceof z.ZodDefault) {
        jsonSchema.default = zodSchema.def.defaultValue;
      } else if (zodSchema instanceof z.ZodPipe) {
        jsonSchema["allowed"] ??= z.globalRegistry.get(zodSchema.def.out)?.["allowed"];
      }
    },
  }) as JsonSchema;
  const rows = rowsOf(schema, `${namespace}:`, { meaning: "" });
  return `# Settings

Each setting is a key below \`config\` in \`Pulumi.STACK.yaml\`. One without a default is required; if it is part of another
one, such as \`vps.host\`, then only where that is set. An error names the key, its value and what is allowed, before anything
is changed. Written by \`npm run docs\`.

| setting | may be | default | meaning |
| --- | --- | --- | --- |
${rows.join("\n")}
`;
}

/** The rows of a setting and those below it. */
function rowsOf(schema: JsonSchema, name: string, outer: Outer): string[] {
  const { type, allowed = "", properties = {}, required = [], items, anyOf = [] } = schema;
  const meaning = schema.description ?? outer.meaning;
  const fallback = outer.fallback ?? schema.default;
  // A part of another program's configuration, or labels.
  const isOpaque = allowed !== "" && Object.keys(items?.properties ?? properties).length === 0;
  if (type === "object" && !isOpaque) {
    const separator = name.endsWith(":") ? "" : ".";
    if (schema.propertyNames !== undefined && typeof schema.additionalProperties === "object") {
      return rowsOf(schema.additionalProperties, `${name}${separator}NAME`, { meaning, isOptional: true });
    }
    const values = fallback as Readonly<Record<string, unknown>> | undefined;
    return Object.entries(properties).flatMap(([key, child]) => {
      const isOptional = !required.includes(key);
      return rowsOf(child, `${name}${separator}${key}`, { meaning, fallback: values?.[key], isOptional });
    });
  }
  if (items?.type === "object" && !isOpaque) {
    return rowsOf(items, `${name}[]`, { meaning });
  }
  const unset = outer.isOptional === true ? "unset" : "";
  const shown = String(fallback);
  const cells = [`\`${name}\``, allowed, fallback === undefined ? unset : `\`${shown}\``, meaning];
  const objects = anyOf.filter((each) => each.type === "object");
  return [
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`,
    ...objects.flatMap((each) => rowsOf(each, name, { meaning })),
  ];
}
