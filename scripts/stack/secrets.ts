import { stripVTControlCharacters } from "node:util";
import type { Stack } from "../stack/stack";

/** How a secret is marked in a state. Source: https://www.pulumi.com/docs/iac/concepts/secrets/ */
const signature = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** The command provider takes a whole connection for a secret; its error texts cannot do without these. */
const publicKeys: ReadonlySet<string> = new Set(["host", "user", "hostKey"]);

/** Shorter ones, as there are in a connection, would be found in every text. */
const shortestSecret = 4;
/** Of a text of several lines, such as a script or a private key, the lines that can hold a credential. */
const shortestLine = 16;

/** Every secret that a stack's state and settings know, the longest first. */
export async function secretsOf(stack: Stack): Promise<string[]> {
  const state: unknown = JSON.parse(await stack.read("stack", "export", "--show-secrets"));
  const settings = JSON.parse(await stack.read("config", "--json", "--show-secrets")) as Record<
    string,
    { value?: string; secret: boolean }
  >;
  const found = [
    ...secretsInState(state),
    ...Object.values(settings).flatMap(({ value = "", secret }) => (secret ? leaves(parseJson(value)) : [])),
  ].flatMap((text) => [
    ...(text.length >= shortestSecret ? [text] : []),
    ...text.split("\n").filter((line) => line.length >= shortestLine && line !== text),
  ]);
  return [...new Set(found)].sort((a, b) => b.length - a.length);
}

/** A text for eyes that the stack's secrets are not meant for, without colours. */
export function redact(text: string, secrets: readonly string[]): string {
  return secrets.reduce(
    // A diff shows a text as JSON has it.
    (rest, secret) => [secret, JSON.stringify(secret).slice(1, -1)].reduce(hide, rest),
    stripVTControlCharacters(text),
  );
}

function hide(text: string, secret: string): string {
  return text.replaceAll(secret, "[secret]");
}

/** The texts in everything that is marked as a secret in a state that was exported with its secrets. */
function secretsInState(value: unknown): string[] {
  if (typeof value !== "object" || value === null) {
    return [];
  }
  if (signature in value && value[signature] === secretSignature && "plaintext" in value) {
    return leaves(parseJson(String(value.plaintext)));
  }
  return Object.values(value).flatMap(secretsInState);
}

function leaves(value: unknown): string[] {
  if (typeof value === "string") {
    return [value];
  }
  if (typeof value !== "object" || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([key, each]) => (publicKeys.has(key) ? [] : leaves(each)));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
