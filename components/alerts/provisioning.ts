import { stringify } from "yaml";
import { hasOwnGrafana, type Settings } from "../settings/settings";
import { receiversOf } from "./contactPoints";
import { notificationPolicy } from "./delivery";
import { presetRules } from "./presetRules";
import { ruleGroup } from "./ruleGroup";
import { rules } from "./rules";

/**
 * Grafana's provisioning file of the program's rules.
 *
 * @param credentials when each credential was made
 * @param removed the UIDs of rules that are in no file any more: Grafana keeps what it is not told to delete
 */
export function renderRules(
  settings: Settings,
  credentials: Readonly<Record<string, string>>,
  removed: readonly string[] = [],
): string {
  const all = [...rules(settings, credentials), ...presetRules(settings)];
  return toYaml({
    apiVersion: 1,
    groups: [ruleGroup(all, settings)],
    ...(removed.length === 0 ? {} : { deleteRules: removed.map((uid) => ({ orgId: 1, uid })) }),
  });
}

/** Grafana's provisioning file of the contact points; it holds secrets. */
export function renderContactPoints(settings: Settings): string {
  const all = receiversOf(settings.contactPoints);
  return toYaml({
    apiVersion: 1,
    contactPoints: all.map(({ name, contactPoints }) => ({ orgId: 1, name, receivers: contactPoints })),
    // Grafana keeps what a file no longer has.
    deleteContactPoints: all.flatMap(({ unset }) => unset).map((uid) => ({ orgId: 1, uid })),
    // There is one tree of policies. On an existing volume it is its owner's: see `ruleGroup`.
    ...(hasOwnGrafana(settings) ? { policies: [{ orgId: 1, ...notificationPolicy }] } : {}),
  });
}

/** YAML of what the builders have built: they leave functions in it, which JSON passes over. */
function toYaml(content: object): string {
  return stringify(JSON.parse(JSON.stringify(content)), { lineWidth: 0 });
}
