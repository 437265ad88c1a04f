import fc from "fast-check";
import { nodeLabels } from "../../components/settings/nodeLabels";
import { settingsSchema } from "../../components/settings/schema";
import { exampleMistakes, exampleNode } from "./exampleSettings";

const special = [
  ...Array.from("'\"`\\$#%&|;:,@*!?~^={}[]()<>/ \t\r\n\0\u007f\u0085\u2028\ufeff\uffff"),
  ...["$$", "${", "$HOME", "$(", "{{", "}}"],
];

/** Any text, with lone surrogates, and often with the special characters of shell, YAML, Flux and others. */
export const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...special),
    fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCodePoint(code)),
    fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code)),
  ),
  maxLength: 20,
});

/** Of `values`, those that the settings accept where `change` puts them. */
function accepted(values: fc.Arbitrary<string>, change: (value: string) => Changes): fc.Arbitrary<string> {
  return values.filter(
    (value) => isAcceptedAlone(change(value)) && exampleMistakes(change(value)).length === 0,
  );
}

type Changes = Readonly<Partial<Record<keyof typeof settingsSchema.shape, unknown>>>;

/** Whether the schemas of the changed settings accept them: of 500 domains, 484 are refused without reading all else. */
function isAcceptedAlone(changes: Changes): boolean {
  return Object.entries(changes).every(
    ([key, value]) => settingsSchema.shape[key as keyof Changes].safeParse(value).success,
  );
}

/** Dotted names with the characters of `label` in settings/fields.ts. A hyphen may also be where it may not. */
const dottedName = fc.stringMatching(/^[a-z0-9-]{1,8}(\.[a-z0-9-]{1,8}){0,3}$/);

/** The name of an organization or a bucket. */
export const influxName = accepted(anyText, (org) => ({ influxdb: { org } }));
export const monitor = accepted(fc.string({ unit: "grapheme-ascii" }), (value) => ({
  prometheus: { monitor: value },
}));
export const domain = accepted(dottedName, (value) => ({ domain: value }));
export const host = accepted(dottedName, (value) => ({
  nodes: [exampleNode("a", { host: value, master: true })],
}));
/** The value of a label of a node, which no other setting limits. */
export const nodeLabel = anyText.filter((room) => nodeLabels.safeParse({ room }).success);
export const exporterUrl = accepted(
  fc.string({ unit: "grapheme-ascii" }).map((path) => `https://example.com/${path}`),
  (url) => ({ exporter: { url, sha256: "0".repeat(64) } }),
);
