import type { Settings } from "../settings/settings";
import { internetRules } from "./internetRules";
import type { Rule } from "./rules";

/** The rules of the presets that are on. A rule whose preset is switched off stays in Grafana, and has no data. */
export function presetRules(settings: Settings): Rule[] {
  const { presets } = settings;
  return [...(presets.internet === undefined ? [] : internetRules(settings))];
}
