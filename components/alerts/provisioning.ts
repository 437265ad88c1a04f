import { stringify } from "yaml";
import type { Settings } from "../settings";
import { contactPoints } from "./contactPoints";
import { notificationPolicy } from "./notificationPolicy";
import { ruleGroup } from "./ruleGroup";
import { rules } from "./rules";

/**
 * Grafana's provisioning file of all rules.
 *
 * @param credentials when each credential was made
 */
export function renderRules(settings: Settings, credentials: Readonly<Record<string, string>>): string {
  return toYaml({ apiVersion: 1, groups: [ruleGroup(rules(settings, credentials), settings)] });
}

/** Grafana's provisioning file of who is told; it holds secrets. */
export function renderContactPoints(configured: Settings["contactPoints"]): string {
  const { set, unset } = contactPoints(configured);
  const names = new Set(set.map(({ name }) => name));
  return toYaml({
    apiVersion: 1,
    contactPoints: [...names].map((name) => ({
      orgId: 1,
      name,
      receivers: set
        .filter((each) => each.name === name)
        .map(({ uid, type, disableResolveMessage, ...point }) => ({
          uid,
          type,
          settings: point.settings as object,
          disableResolveMessage,
        })),
    })),
    // Grafana keeps what a file no longer has.
    deleteContactPoints: unset.map((uid) => ({ orgId: 1, uid })),
    policies: [{ orgId: 1, ...notificationPolicy(names) }],
  });
}

/** YAML of what the builders have built: they leave functions in it, which JSON passes over. */
function toYaml(content: object): string {
  return stringify(JSON.parse(JSON.stringify(content)), { lineWidth: 0 });
}
