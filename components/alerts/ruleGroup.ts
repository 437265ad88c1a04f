import {
  QueryBuilder,
  type Rule as GrafanaRule,
  RuleBuilder,
} from "@grafana/grafana-foundation-sdk/alerting";
import { TypeReduceBuilder, TypeThresholdBuilder } from "@grafana/grafana-foundation-sdk/expr";
import { dataSource, FluxQuery } from "../flux/fluxQuery";
import { by, completeQuery } from "../flux/query";
import { hasOwnGrafana, type Settings } from "../settings/settings";
import { notificationSettings } from "./delivery";
import type { Rule } from "./rules";

/**
 * The folder of the rules, and the group that is evaluated together. Grafana 13 provisions rules and dashboards at once,
 * and makes a folder twice that both are in: https://github.com/grafana/grafana/issues/125079
 */
const folder = "Pi monitoring alerts";
const group = "pi-monitoring";
/** Where Grafana evaluates expressions itself. */
const expressions = "__expr__";

/** A rule as Grafana's types have it: the query, its last value, and the limit. */
function grafanaRule(rule: Rule, settings: Settings): GrafanaRule {
  const [type, limit] =
    "above" in rule.fires ? (["gt", rule.fires.above] as const) : (["lt", rule.fires.below] as const);
  // Grafana takes what the tables are grouped by for labels, and ignores all but the first one without a time.
  const query = completeQuery(
    `${rule.query}
  |> map(fn: (r) => ({r with _time: v.timeRangeStop})) ${by(...rule.by)}`,
    settings,
  );
  const relativeTimeRange = { from: rule.lookBack, to: 0 };
  const builder = new RuleBuilder(rule.title)
    .uid(`pi-monitoring-${rule.uid}`)
    .folderUID(folder)
    .ruleGroup(group)
    .forDuration(`${rule.forSeconds}s`)
    .condition("C")
    .withQuery(
      new QueryBuilder("A")
        .datasourceUid(dataSource.uid)
        .relativeTimeRange(relativeTimeRange)
        .model(new FluxQuery(query)),
    )
    .withQuery(
      new QueryBuilder("B")
        .datasourceUid(expressions)
        .model(new TypeReduceBuilder().refId("B").expression("A").reducer("last")),
    )
    .withQuery(
      new QueryBuilder("C").datasourceUid(expressions).model(
        new TypeThresholdBuilder()
          .refId("C")
          .expression("B")
          .conditions([{ evaluator: { type, params: [limit] } }]),
      ),
    )
    // What is not there is not wrong: the rules about silence bring a value of their own.
    .noDataState("OK")
    .execErrState(rule.onError ?? "KeepLast")
    .labels({ topic: rule.topic })
    .annotations({ summary: rule.summary, description: rule.description })
    .isPaused(rule.paused === true);
  return builder.build();
}

/** The rules as a provisioning file has them, which differs from the API that the types are of. */
export function ruleGroup(rules: readonly Rule[], settings: Settings): object {
  return {
    orgId: 1,
    name: group,
    folder,
    interval: "1m",
    rules: rules.map((rule) => {
      const built = grafanaRule(rule, settings);
      return {
        uid: built.uid,
        title: built.title,
        condition: built.condition,
        data: built.data,
        noDataState: built.noDataState,
        execErrState: built.execErrState,
        for: built.for,
        labels: built.labels,
        annotations: built.annotations,
        isPaused: built.isPaused,
        ...(hasOwnGrafana(settings) ? {} : { notification_settings: notificationSettings(rule.topic) }),
      };
    }),
  };
}
