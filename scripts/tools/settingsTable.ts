import { z } from "zod";
import { namespace, settingsSchema } from "../../components/settings/schema";

/** A setting with a value of its own. */
interface Row {
  readonly name: string;
  readonly allowed: string;
  readonly fallback: string;
  readonly meaning: string;
}

/** What the schemas around that of a setting say about it. */
interface Known {
  readonly allowed: string;
  /** `undefined` for a required one. */
  readonly fallback: unknown;
  readonly meaning: string;
}

/** The table of all settings in Markdown: allowed values, defaults, meanings. */
export function renderSettingsTable(): string {
  const rows = rowsOf(settingsSchema, namespace + ":", { allowed: "", fallback: undefined, meaning: "" });
  const lines = rows.map(({ name, allowed, fallback, meaning }) =>
    [`\`${name}\``, allowed, fallback, meaning].map((cell) => cell.replaceAll("|", "\\|")).join(" | "),
  );
  return `# Settings

Each is a key in \`Pulumi.STACK.yaml\`, below \`config\`. A setting without a default is required, if the one above it is set. An
error names the key, its value and what is allowed, before anything is changed. Written by \`npm run docs\`.

| setting | may be | default | meaning |
| --- | --- | --- | --- |
${lines.map((line) => `| ${line} |`).join("\n")}
`;
}

function rowsOf(schema: z.core.$ZodType, name: string, outer: Known): Row[] {
  const { allowed, meaning, fallback } = knownOf(schema, outer);
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return rowsOf(schema.unwrap(), name, { allowed, meaning, fallback: fallback ?? schema.def.defaultValue });
  }
  if (schema instanceof z.ZodOptional) {
    return rowsOf(schema.unwrap(), name, { allowed, meaning, fallback: fallback ?? unset });
  }
  if (schema instanceof z.ZodPipe) {
    // The schema that tests the value says what is allowed: before a transformation, or after one.
    const tested = schema.def.out instanceof z.ZodTransform ? schema.def.in : schema.def.out;
    return rowsOf(tested, name, { allowed, meaning, fallback });
  }
  if (schema instanceof z.ZodObject) {
    const separator = name.endsWith(":") ? "" : ".";
    const given = fallback as Readonly<Record<string, unknown>> | undefined;
    return Object.entries(schema.shape as z.core.$ZodShape).flatMap(([key, child]) =>
      rowsOf(child, `${name}${separator}${key}`, { allowed: "", meaning, fallback: given?.[key] }),
    );
  }
  if (schema instanceof z.ZodArray && schema.element instanceof z.ZodObject) {
    return rowsOf(schema.element, `${name}[]`, { allowed: "", meaning, fallback: undefined });
  }
  const row = { name, allowed, fallback: shown(fallback), meaning };
  const parts =
    schema instanceof z.ZodUnion ? schema.options.filter((each) => each instanceof z.ZodObject) : [];
  return [row, ...parts.flatMap((part) => rowsOf(part, name, { allowed: "", meaning, fallback: undefined }))];
}

/** The default of an optional setting. */
const unset = Symbol("unset");

/** The outermost description is the most specific one. */
function knownOf(schema: z.core.$ZodType, outer: Known): Known {
  const { description, allowed } = z.globalRegistry.get(schema) ?? {};
  return {
    allowed: outer.allowed === "" && typeof allowed === "string" ? allowed : outer.allowed,
    meaning: description ?? outer.meaning,
    fallback: outer.fallback,
  };
}

function shown(fallback: unknown): string {
  switch (fallback) {
    case undefined:
      return "";
    case unset:
      return "unset";
    default:
      return `\`${String(fallback)}\``;
  }
}
