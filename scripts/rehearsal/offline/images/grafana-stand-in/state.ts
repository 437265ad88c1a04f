import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dataFolder } from "./paths";

/** A node of the tree of notification policies. */
export interface Route {
  readonly receiver?: string;
  readonly routes?: readonly Route[];
}

export interface StoredRule {
  readonly uid: string;
  readonly title: string;
  readonly folder: string;
  readonly ruleGroup?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly receiver?: string;
}

/** What Grafana keeps in its database, as far as it decides whether the next start succeeds. */
export interface State {
  dataSources: { readonly uid: string; readonly name: string }[];
  /** Contact points with one name are a receiver; a receiver may have none. */
  receivers: { readonly name: string; uids: string[] }[];
  policies: Route;
  rules: StoredRule[];
}

const file = join(dataFolder, "stand-in.json");

/**
 * What is on the volume, or what a version of Grafana begins with.
 * Source: `alertmanagerDefaultConfiguration` of pkg/setting/setting_unified_alerting.go, changed in 12.4.0.
 */
export function loadState(version: string): State {
  if (existsSync(file)) {
    return JSON.parse(readFileSync(file, "utf8")) as State;
  }
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const name = major > 12 || (major === 12 && minor >= 4) ? "empty" : "grafana-default-email";
  return { dataSources: [], receivers: [{ name, uids: [] }], policies: { receiver: name }, rules: [] };
}

export function saveState(state: State): void {
  writeFileSync(file, JSON.stringify(state), { mode: 0o600 });
}
