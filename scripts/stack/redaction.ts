import { stripVTControlCharacters } from "node:util";
import { namespace } from "../../components/settings/schema";
import { secretsOf as secretsOfJob } from "../../components/settings/scrape";
import type { Configuration, Stack } from "./stack";
import { isSecret } from "./state";

/** Parts of a connection, which the command provider treats as one secret. Its error messages need these. */
const publicKeys: ReadonlySet<string> = new Set(["host", "user", "hostKey"]);

/** Shorter secrets, as a connection has them, would be found in every text. */
const shortestSecret = 4;
/** Shorter lines of a script or a private key hold no credential. */
const shortestLine = 16;

/** All secrets in a stack's state and settings, the longest first. */
export async function secretsOf(stack: Stack, configuration?: Configuration): Promise<string[]> {
  const state: unknown = JSON.parse(await stack.pulumi("stack", "export", "--show-secrets"));
  const settings = Object.entries(configuration ?? (await stack.configuration()));
  const found = [
    ...secretsInState(state),
    ...settings.flatMap(([name, { value = "", secret }]) => (secret ? secretsInSetting(name, value) : [])),
  ].flatMap((text) => [
    ...(text.length >= shortestSecret ? [text] : []),
    ...text.split("\n").filter((line) => line.length >= shortestLine && line !== text),
  ]);
  return [...new Set(found)].sort((a, b) => b.length - a.length);
}

/** A text without the secrets and without colours. */
export function redact(text: string, secrets: readonly string[]): string {
  return secrets.reduce(
    // A diff shows texts as they are escaped in JSON.
    (rest, secret) => [secret, JSON.stringify(secret).slice(1, -1)].reduce(hide, rest),
    stripVTControlCharacters(text),
  );
}

function hide(text: string, secret: string): string {
  return text.replaceAll(secret, "[secret]");
}

/** The texts of all secrets in a state that was exported with `--show-secrets`. */
function secretsInState(value: unknown): string[] {
  if (typeof value !== "object" || value === null) {
    return [];
  }
  if (isSecret(value)) {
    return leaves(parseJson(value.plaintext));
  }
  return Object.values(value).flatMap(secretsInState);
}

/** A job has many words, such as `https`, and few secrets. */
function secretsInSetting(name: string, value: string): string[] {
  const content = parseJson(value);
  return name === `${namespace}:scrape` && Array.isArray(content)
    ? content.flatMap((job) => leaves(secretsOfJob(job as object).map((secret) => secret.value)))
    : leaves(content);
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
