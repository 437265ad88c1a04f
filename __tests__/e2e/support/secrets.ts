import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { rehearsalFolder } from "../../../scripts/rehearsal/instance";
import type { Stack } from "../../../scripts/stack/stack";

export type Secrets = Awaited<ReturnType<typeof readSecrets>>;

/** Every secret of the rehearsal. The random ones are in it twice: by name, and by the URN of the RandomPassword. */
export async function readSecrets(stack: Stack) {
  const { outputs, resources } = await stack.load();
  const { telegrafToken, grafanaToken } = outputs;
  const randomValues = resources.flatMap(({ urn, outputs: values = {} }) =>
    "result" in values ? [[urn, String(values.result)] as const] : [],
  );
  const secrets = {
    influxdbAdminPassword: outputs.influxdbAdminPassword ?? "",
    telegrafToken,
    grafanaToken,
    grafanaAdminPassword: outputs.grafanaAdminPassword ?? "",
    ingestCredential: outputs.ingestCredentials?.["kube-0"] ?? "",
    // One line of the key. The first lines are alike in all keys.
    privateKey: (await readFile(join(rehearsalFolder, "keys/id_ed25519"), "utf8")).split("\n")[2] ?? "",
    ...Object.fromEntries(randomValues),
  };
  // An empty value is in every text, and a wrong one in none. Six values: two tokens, two admin passwords, the ingest
  // credential, the SSH key.
  expect(new Set(Object.values(secrets)).size).toBe(6);
  expect(Math.min(...Object.values(secrets).map((secret) => secret.length))).toBeGreaterThan(30);
  return secrets;
}

/** @param place where the text is from */
export function expectNoSecret(secrets: Secrets, place: string, text: string): void {
  const found = Object.entries(secrets)
    .filter(([, secret]) => text.includes(secret))
    .map(([name]) => name);
  expect({ place, found }).toEqual({ place, found: [] });
}
