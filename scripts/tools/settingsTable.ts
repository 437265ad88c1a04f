import { z } from "zod";
import { namespace, settingsSchema } from "../../components/settings/schema";

/** A setting that has a value of its own. */
interface Row {
  readonly name: string;
  readonly allowed: string;
  readonly fallback: string;
  readonly meaning: string;
}

/** What is known of a setting from the schemas that are wrapped around its own. */
interface Known {
  readonly allowed: string;
  /** `undefined` for one that must be given. */
  readonly fallback: unknown;
  readonly meaning: string;
}

/** Every setting with what it may be, its default and its meaning, as Markdown. */
export function renderSettingsTable(): string {
  const rows = rowsOf(settingsSchema, namespace + ":", { allowed: "", fallback: undefined, meaning: "" });
  const lines = rows.map(({ name, allowed, fallback, meaning }) =>
    [`\`${name}\``, allowed, fallback, meaning].map((cell) => cell.replaceAll("|", "\\|")).join(" | "),
  );
  return `# Settings

Each is a key in \`Pulumi.STACK.yaml\`, below \`config\`. What has no default must be given, if that above it is. A mistake is
answered with the key, its value and what is allowed, before anything is changed. Written by \`npm run docs\`.

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
    // What is allowed stands where the value is tested: before a transformation, or behind one.
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

/** Stands for the default of what need not be given. */
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
