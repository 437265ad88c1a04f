import { namespace } from "../../components/settings/schema";
import { parseSettings, type Settings } from "../../components/settings/settings";
import { UserError } from "../../components/userError";
import { stack } from "./recordResources";

export const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1sPvZx2uGm0mVZr0Q4bq1s9yH3oV0n5kqM8i7r2dTc";

/** A node as a settings file has it. */
export function exampleNode(name: string, more: object = {}) {
  return { name, host: `${name}.local`, key: "agent", hostKey, ...more };
}

/** The shortest settings of three nodes, but for the keys: their default is a file, which would have to exist. */
export const smallest = {
  domain: "example.com",
  vps: { host: "vps.example.com", key: "agent", hostKey },
  nodes: [exampleNode("kube-0", { master: true }), exampleNode("kube-1"), exampleNode("kube-2")],
};

/** Every preset switched on: its dashboards and rules keep the same contracts as all others. */
export const allPresets = { presets: { internet: true, disks: true, pi5: true } };

/** Settings in the form in which Pulumi has them: plain text, or JSON. */
export function configuration(settings: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]: [string, unknown]) => [
      `${namespace}:${key}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

/** The settings of the smallest stack, with other values for some top-level keys. */
export function exampleSettings(changes: object = {}): Settings {
  return parseSettings(stack, configuration({ ...smallest, ...changes }));
}

/** The mistakes of the same settings; none if they are accepted. */
export function exampleMistakes(changes: object): readonly string[] {
  try {
    exampleSettings(changes);
    return [];
  } catch (error) {
    if (error instanceof UserError) {
      return error.mistakes;
    }
    throw error;
  }
}
