import { z } from "zod";
import { ownUid } from "../settings/ownFiles";
import { receivers } from "./contactPoints";
import { topicsOfProgram } from "./delivery";
import { expressions } from "./ruleGroup";

// What Grafana demands of a file of alert rules: it does not start with another one. Sources: rules_types.go of its
// pkg/services/provisioning/alerting, alert_rule.go and alert_query.go of its pkg/services/ngalert/models.

/** Text in which Grafana expands `$NAME`. Source: `escapeRuleGroup` of its pkg/services/ngalert/api, for the export. */
const expanded = z
  .string({ error: "must be text, in quotes if it looks like a number" })
  .refine((text) => !text.replaceAll("$$", "").includes("$"), {
    error: "must have $$ for each $, as Grafana's export has",
  });
const name = expanded
  .refine((text) => text.trim() !== "", { error: "must not be empty" })
  .refine((text) => text.length <= 190, { error: "must have at most 190 characters" });

const aDuration = "must be a duration, such as 5m";
/** Source: `ParseDuration` of Prometheus's common/model */
const duration = z
  .string({ error: aDuration })
  .regex(/^(?=.)(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$|^0$/, { error: aDuration, abort: true });
const tenSeconds = duration.refine(isWholeTens, {
  error: "must be a multiple of 10 seconds, such as 1m",
});

function isWholeTens(text: string): boolean {
  const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
  const parts = [...text.matchAll(/(\d+)([a-z]+)/g)];
  const total = parts.reduce((sum, [, count, unit = ""]) => sum + Number(count) * (units[unit] ?? NaN), 0);
  return total > 0 && total % 10 === 0;
}

const labels = z
  .record(z.string(), z.union([expanded, z.number(), z.boolean()], { error: "must be text" }), {
    error: "must be labels with their values",
  })
  .superRefine((all, context) => {
    const refuse = (name: string, message: string): void => {
      context.addIssue({ code: "custom", path: [name], message });
    };
    for (const label of Object.keys(all).filter((each) => each.startsWith("__"))) {
      refuse(label, "must not begin with __, which is Grafana's own");
    }
    if (topicsOfProgram.includes(String(all["topic"]))) {
      refuse("topic", `must be another topic: ${topicsOfProgram.join(" and ")} are the program's`);
    }
  });

// Expanded by newer versions, unlike the variables of a template: https://github.com/grafana/grafana/pull/127214
const annotations = z
  .record(
    z.string(),
    z
      .union([z.string(), z.number(), z.boolean()], { error: "must be text" })
      .refine((text) => !/\$(__\w+)?\{/.test(String(text)), {
        error: "must not have ${, which some versions of Grafana expand and others do not",
      }),
    { error: "must be annotations with their values" },
  )
  .superRefine((all, context) => {
    const [dashboard, panel] = [all["__dashboardUid__"] ?? "", all["__panelId__"] ?? ""].map(String);
    if ((dashboard === "") !== (panel === "") || !/^\d*$/.test(panel ?? "")) {
      const message = "must have the UID of a dashboard and the number of its panel, or neither";
      context.addIssue({ code: "custom", path: ["__panelId__"], message });
    }
  });

const oneOf = (...values: readonly [string, ...string[]]) =>
  z.enum(values, { error: `must be ${values.slice(0, -1).join(", ")} or ${values.at(-1) ?? ""}` });

const wholeSeconds = z.int({ error: "must be whole seconds" });
const absent = (error: string) => z.undefined({ error }).optional();

/** What is in Grafana; all that is named, if undefined. */
interface Known {
  readonly dataSources?: readonly string[];
}

/** Queries with the expressions over them; `-100` is what Grafana called expressions in old versions. */
function querySchema({ dataSources }: Known) {
  return z
    .object({
      refId: expanded.min(1, { error: "must not be empty" }),
      relativeTimeRange: z.object({ from: wholeSeconds, to: wholeSeconds }).optional(),
      datasourceUid: expanded,
      model: z.record(z.string(), z.unknown(), { error: "must be the model of a query" }),
    })
    .superRefine(({ datasourceUid, relativeTimeRange: range }, context) => {
      if ([expressions, "-100"].includes(datasourceUid)) {
        return;
      }
      if (dataSources !== undefined && !dataSources.includes(datasourceUid)) {
        const message = `must be a data source that is there: ${[...dataSources, expressions].join(", ")}`;
        context.addIssue({ code: "custom", path: ["datasourceUid"], message });
      }
      if (range === undefined || range.from <= range.to || range.to < 0) {
        const message = "must be a time range, such as {from: 600, to: 0}";
        context.addIssue({ code: "custom", path: ["relativeTimeRange"], message });
      }
    });
}

/** How a rule is delivered past the policies. */
function deliverySchema({ dataSources }: Known) {
  const isProgramsGrafana = dataSources !== undefined;
  const timings = "must be left out, as this Grafana has no mute timings";
  return z.object({
    receiver: expanded
      .min(1, { error: "must not be empty" })
      .refine((receiver) => !isProgramsGrafana || receiver === receivers.alerts, {
        error: `must be ${receivers.alerts}, or leave notification_settings out: with a contact point that it does not have, Grafana does not start`,
      }),
    group_by: z
      .array(expanded)
      .refine(
        (by) =>
          by.length === 0 ||
          by.includes("...") ||
          ["alertname", "grafana_folder"].every((label) => by.includes(label)),
        { error: "must have alertname and grafana_folder" },
      )
      .optional(),
    group_wait: duration.optional(),
    group_interval: duration.optional(),
    repeat_interval: duration.optional(),
    mute_time_intervals: isProgramsGrafana ? absent(timings) : z.array(expanded).optional(),
    active_time_intervals: isProgramsGrafana ? absent(timings) : z.array(expanded).optional(),
  });
}

function ruleSchema(known: Known) {
  return z
    .object({
      uid: ownUid,
      title: name,
      condition: expanded,
      data: z.array(querySchema(known), { error: "must be a list of queries" }).min(1, {
        error: "must be a list of at least one query",
        abort: true,
      }),
      noDataState: oneOf("NoData", "Alerting", "OK", "KeepLast").optional(),
      execErrState: oneOf("Error", "Alerting", "OK", "KeepLast").optional(),
      for: duration.optional(),
      keepFiringFor: duration.optional(),
      missing_series_evals_to_resolve: z
        .int({ error: "must be a whole number" })
        .min(0, { error: "must not be negative" })
        .optional(),
      isPaused: z.boolean({ error: "must be true or false" }).optional(),
      labels: labels.optional(),
      annotations: annotations.optional(),
      notification_settings: deliverySchema(known).optional(),
      record: absent("must be left out: InfluxDB does not take recording rules"),
    })
    .superRefine(({ condition, data }, context) => {
      const refIds = data.map(({ refId }) => refId);
      if (new Set(refIds).size < refIds.length) {
        context.addIssue({
          code: "custom",
          path: ["data"],
          message: "must have another refId for each query",
        });
      }
      if (!refIds.includes(condition)) {
        const message = `must be the refId of a query: ${refIds.join(", ")}`;
        context.addIssue({ code: "custom", path: ["condition"], message });
      }
    });
}

/** A file of alert rules, as far as Grafana and the program demand something of it. */
export function ruleFileSchema(known: Known) {
  return z.strictObject(
    {
      apiVersion: z.literal(1, { error: "must be 1" }).optional(),
      groups: z
        .array(
          z.object({
            orgId: z.literal(1, { error: "must be 1, where the data source is" }).optional(),
            name,
            interval: tenSeconds,
            rules: z.array(ruleSchema(known), { error: "must be a list of rules" }),
          }),
          { error: "must be a list of groups" },
        )
        .min(1, { error: "must be a list of at least one group" }),
    },
    {
      error: ({ code }) =>
        code === "unrecognized_keys"
          ? "must be left out: a file here has groups of rules, and nothing else"
          : "must be the rules that Grafana exports as YAML",
    },
  );
}
