import { QueryBuilder } from "@grafana/grafana-foundation-sdk/alerting";
import { TypeReduceBuilder, TypeThresholdBuilder } from "@grafana/grafana-foundation-sdk/expr";
import { dataSource, fluxQuery } from "../flux/fluxQuery";
import { by } from "../flux/query";
import { hasOwnGrafana, type Settings } from "../settings/settings";
import { notificationSettings } from "./delivery";
import type { Rule } from "./rules";

/** Where Grafana evaluates expressions itself. */
export const expressions = "__expr__";

/** The UID in Grafana of a rule of the program. */
export function grafanaUid(uid: string): string {
  return `pi-monitoring-${uid}`;
}

/** The rules as a group that is evaluated together. */
export function ruleGroup(rules: readonly Rule[], settings: Settings): object {
  return {
    orgId: 1,
    name: "pi-monitoring",
    // Grafana 13 provisions rules and dashboards at once, and makes a folder twice that both are in:
    // https://github.com/grafana/grafana/issues/125079
    folder: "Pi monitoring alerts",
    interval: "1m",
    rules: rules.map((rule) => grafanaRule(rule, settings)),
  };
}

/** A rule as a provisioning file has it, which differs from the API that the SDK's `RuleBuilder` is for. */
function grafanaRule(rule: Rule, settings: Settings): object {
  return {
    uid: grafanaUid(rule.uid),
    title: rule.title,
    condition: "C",
    data: conditionOf(rule, settings).map((query) => query.build()),
    // What is not there is not wrong: the rules about silence bring a value of their own.
    noDataState: "OK",
    execErrState: rule.onError ?? "KeepLast",
    for: `${rule.forSeconds ?? 0}s`,
    labels: { topic: rule.topic },
    annotations: { summary: rule.summary, description: rule.description },
    isPaused: rule.paused ?? false,
    ...(hasOwnGrafana(settings) ? {} : { notification_settings: notificationSettings(rule.topic) }),
  };
}

/** The query (A), its last value (B), and whether that is beyond the limit (C). */
function conditionOf(
  { query, by: tags = ["node_name"], lookBack, fires }: Rule,
  settings: Settings,
): QueryBuilder[] {
  // Grafana takes what the tables are grouped by for labels, and ignores all but the first one without a time.
  const flux = `${query}\n  |> map(fn: (r) => ({r with _time: v.timeRangeStop})) ${by(...tags)}`;
  const [type, limit] = "above" in fires ? (["gt", fires.above] as const) : (["lt", fires.below] as const);
  const threshold = new TypeThresholdBuilder().refId("C").expression("B");
  return [
    new QueryBuilder("A")
      .datasourceUid(dataSource.uid)
      .relativeTimeRange({ from: lookBack, to: 0 })
      .model(fluxQuery(flux, settings)),
    new QueryBuilder("B")
      .datasourceUid(expressions)
      .model(new TypeReduceBuilder().refId("B").expression("A").reducer("last")),
    new QueryBuilder("C")
      .datasourceUid(expressions)
      .model(threshold.conditions([{ evaluator: { type, params: [limit] } }])),
  ];
}
