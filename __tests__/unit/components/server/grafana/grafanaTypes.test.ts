import { dirname, join } from "node:path";
import Ajv, { type ValidateFunction } from "ajv";
import { createGenerator, type SchemaGenerator } from "ts-json-schema-generator";
import { parse } from "yaml";
import { renderContactPoints, renderRules } from "../../../../../components/alerts/provisioning";
import { dashboardNames, renderDashboard } from "../../../../../components/dashboards/dashboards";
import { allContactPoints } from "../../../../support/allContactPoints";
import { exampleSettings } from "../../../../support/exampleSettings";
import { setUpAt } from "../../../../support/recordResources";

const settings = exampleSettings();
const credentials = { telegraf: setUpAt };

/** Reads the types of a module of Grafana's SDK. That takes a second, so each is read once for all tests. */
function readTypes(module: string): SchemaGenerator {
  const folder = dirname(require.resolve(`@grafana/grafana-foundation-sdk/${module}`));
  return createGenerator({
    path: join(folder, "types.gen.d.ts"),
    skipTypeCheck: true,
    // A builder may leave functions in its data, which JSON does not have.
    functions: "hide",
  });
}

const alerting = readTypes("alerting");
const expr = readTypes("expr");
const validateDashboard = validatorOf(readTypes("dashboard"), "Dashboard");

/** A function that validates JSON against the schema of a type. */
function validatorOf(types: SchemaGenerator, type: string): ValidateFunction {
  const schema = types.createSchema(type);
  // The types leave the fields of a query to its data source.
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

test("every kind of contact point, and the policy, is as Grafana has it", () => {
  const kinds = allContactPoints("https://example.com/");
  const file = parse(renderContactPoints(exampleSettings({ contactPoints: kinds }))) as {
    contactPoints: { receivers: object[] }[];
    policies: { orgId: number }[];
  };
  const contactPoint = validatorOf(alerting, "ContactPoint");
  const receivers = file.contactPoints.flatMap((each) => each.receivers);
  expect(receivers).toHaveLength(Object.keys(kinds).length);
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
