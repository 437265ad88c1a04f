import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import Ajv, { type ValidateFunction } from "ajv";
import { createGenerator } from "ts-json-schema-generator";
import { parse } from "yaml";
import { renderContactPoints, renderRules } from "../../../../../components/alerts/provisioning";
import { dashboardNames, renderDashboard } from "../../../../../components/dashboards/dashboards";
import { allContactPoints } from "../../../../support/allContactPoints";
import { allPresets, exampleSettings } from "../../../../support/exampleSettings";
import { projectRoot } from "../../../../support/projectRoot";
import { setUpAt } from "../../../../support/recordResources";
import { temporaryFolder } from "../../../../support/temporaryFolder";

const settings = exampleSettings(allPresets);
const credentials = { telegraf: setUpAt };

// Without this, the generator reads the types of every package in node_modules/@types, which takes seconds.
const tsconfig = join(temporaryFolder(), "tsconfig.json");
writeFileSync(tsconfig, JSON.stringify({ compilerOptions: { types: [] }, files: [] }));

const alerting = dirname(require.resolve("@grafana/grafana-foundation-sdk/alerting"));

/** Makes a schema of a type in these modules of Grafana's SDK. */
const generator = createGenerator({
  path: join(dirname(alerting), "{alerting,dashboard,expr}/types.gen.d.ts"),
  tsconfig,
  skipTypeCheck: true,
  // A builder may leave functions in its data, which JSON does not have.
  functions: "hide",
});

/** A function that validates JSON against the schema of a type. */
function validatorOf(type: string): ValidateFunction {
  const schema = generator.createSchema(type);
  // The types leave the fields of a query to its data source.
  const definitions = { ...schema.definitions, Dataquery: {} };
  return new Ajv({ strict: false, allErrors: true }).compile({ ...schema, definitions });
}

const validateDashboard = validatorOf("Dashboard");

function expectValid(validate: ValidateFunction, json: unknown): void {
  validate(json);
  expect(validate.errors ?? []).toEqual([]);
}

test.each(dashboardNames(settings))("the JSON of the dashboard %s is one of Grafana's dashboards", (name) => {
  expectValid(validateDashboard, JSON.parse(renderDashboard(name, settings, credentials)));
});

test("the rules' file has queries and expressions as Grafana has them", () => {
  const { groups } = parse(renderRules(settings, credentials)) as {
    groups: { rules: { data: { model: { type?: string } }[] }[] }[];
  };
  const rules = groups.flatMap(({ rules: each }) => each);
  expect(rules.length).toBeGreaterThan(15);
  const [query, reduce, threshold] = [
    validatorOf("Query"),
    validatorOf("TypeReduce"),
    validatorOf("TypeThreshold"),
  ];
  for (const { data } of rules) {
    data.forEach((each) => {
      expectValid(query, each);
    });
    expectValid(reduce, data[1]?.model);
    expectValid(threshold, data[2]?.model);
  }
});

test("the examples of the documents are as Grafana has them", () => {
  const read = (file: string): string => readFileSync(join(projectRoot, "docs", file), "utf8");
  expectValid(validateDashboard, JSON.parse(read("grafana/dashboards/uptime.json")));
  expectValid(validateDashboard, JSON.parse(read("kubernetes/kubernetes.json")));
  const { groups } = parse(read("grafana/rules/restarts.yaml")) as {
    groups: [{ rules: [{ data: [object, { model: object }, { model: object }] }] }];
  };
  const { data } = groups[0].rules[0];
  data.forEach((each) => {
    expectValid(validatorOf("Query"), each);
  });
  expectValid(validatorOf("TypeReduce"), data[1].model);
  expectValid(validatorOf("TypeThreshold"), data[2].model);
});

test("every kind of contact point, and the policy, is as Grafana has it", () => {
  const kinds = allContactPoints("https://example.com");
  const file = parse(renderContactPoints(exampleSettings({ contactPoints: kinds }))) as {
    contactPoints: { receivers: object[] }[];
    policies: { orgId: number }[];
  };
  const contactPoint = validatorOf("ContactPoint");
  const receivers = file.contactPoints.flatMap((each) => each.receivers);
  expect(receivers).toHaveLength(Object.keys(kinds).length);
  receivers.forEach((each) => {
    expectValid(contactPoint, each);
  });
  const { orgId, ...policy } = file.policies[0] ?? { orgId: 0 };
  expect(orgId).toBe(1);
  expectValid(validatorOf("NotificationPolicy"), policy);
});

test("a field that Grafana does not know is found", () => {
  const dashboard = JSON.parse(renderDashboard("cluster", settings, credentials)) as object;
  expect(validateDashboard({ ...dashboard, panals: [] })).toBe(false);
  expect(validateDashboard({ ...dashboard, panels: [{ title: "without a type" }] })).toBe(false);
});
