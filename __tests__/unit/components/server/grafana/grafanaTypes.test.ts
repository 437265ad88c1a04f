import { dirname, join } from "node:path";
import Ajv, { type ValidateFunction } from "ajv";
import { createGenerator, type SchemaGenerator } from "ts-json-schema-generator";
import { parse } from "yaml";
import { renderContactPoints, renderRules } from "../../../../../components/alerts/provisioning";
import { dashboardNames, renderDashboard } from "../../../../../components/dashboards/dashboards";
import { exampleSettings } from "../../../../support/exampleSettings";

const settings = exampleSettings();
const credentials = { telegraf: "2026-01-02T03:04:05Z" };

/** Reads the types of one of Grafana's modules: a second each, so once for all tests. */
function readTypes(module: string): SchemaGenerator {
  const folder = dirname(require.resolve(`@grafana/grafana-foundation-sdk/${module}`));
  return createGenerator({
    path: join(folder, "types.gen.d.ts"),
    skipTypeCheck: true,
    // What the builders leave besides data, which JSON passes over.
    functions: "hide",
  });
}

const alerting = readTypes("alerting");
const expr = readTypes("expr");
const validateDashboard = validatorOf(readTypes("dashboard"), "Dashboard");

/** Validates JSON against one of those types, as a schema that is made of it. */
function validatorOf(types: SchemaGenerator, type: string): ValidateFunction {
  const schema = types.createSchema(type);
  // What a data source takes is its own affair.
  const definitions = { ...schema.definitions, Dataquery: {} };
  return new Ajv({ strict: false, allErrors: true }).compile({ ...schema, definitions });
}

function expectValid(validate: ValidateFunction, json: unknown): void {
  validate(json);
  expect(validate.errors ?? []).toEqual([]);
}

test.each(dashboardNames)("the JSON of the dashboard %s is one of Grafana's dashboards", (name) => {
  expectValid(validateDashboard, JSON.parse(renderDashboard(name, settings, credentials)));
});

test("the rules' file has queries and expressions as Grafana has them", () => {
  const { groups } = parse(renderRules(settings, credentials)) as {
    groups: { rules: { data: { model: { type?: string } }[] }[] }[];
  };
  const rules = groups.flatMap(({ rules: each }) => each);
  expect(rules.length).toBeGreaterThan(15);
  const [query, reduce, threshold] = [
    validatorOf(alerting, "Query"),
    validatorOf(expr, "TypeReduce"),
    validatorOf(expr, "TypeThreshold"),
  ];
  for (const { data } of rules) {
    data.forEach((each) => {
      expectValid(query, each);
    });
    expectValid(reduce, data[1]?.model);
    expectValid(threshold, data[2]?.model);
  }
});

test("the file of the contact points has contact points and a policy as Grafana has them", () => {
  const url = "https://example.com/";
  const file = parse(
    renderContactPoints(
      exampleSettings({
        contactPoints: { slack: { url }, telegram: { token: "1:a", chatId: "1" }, heartbeat: { url } },
      }),
    ),
  ) as { contactPoints: { receivers: object[] }[]; policies: { orgId: number }[] };
  const contactPoint = validatorOf(alerting, "ContactPoint");
  const receivers = file.contactPoints.flatMap((each) => each.receivers);
  expect(receivers).toHaveLength(3);
  receivers.forEach((each) => {
    expectValid(contactPoint, each);
  });
  const { orgId, ...policy } = file.policies[0] ?? { orgId: 0 };
  expect(orgId).toBe(1);
  expectValid(validatorOf(alerting, "NotificationPolicy"), policy);
});

test("a field that Grafana does not know is found", () => {
  const dashboard = JSON.parse(renderDashboard("cluster", settings, credentials)) as object;
  expect(validateDashboard({ ...dashboard, panals: [] })).toBe(false);
  expect(validateDashboard({ ...dashboard, panels: [{ title: "without a type" }] })).toBe(false);
});
