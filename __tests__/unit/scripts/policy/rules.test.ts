import * as pulumi from "@pulumi/pulumi";
import { PiNode } from "../../../../components/node/piNode";
import { policyFor } from "../../../../scripts/policy/policyFor";
import { type Exceptions, rules } from "../../../../scripts/policy/rules";
import { policyConfiguration } from "../../../../scripts/stack/preview";
import {
  configuration,
  exampleNode,
  exampleSettings,
  hostKey,
  smallest,
} from "../../../support/exampleSettings";
import { type RecordedResource, recordResources } from "../../../support/recordResources";

/** What the SDK hands a policy: reading a value that is unknown yet throws an error. Its types leave this module out. */
const { unknownCheckingProxy, unknownStringValue } = jest.requireActual<{
  unknownCheckingProxy: (inputs: object) => Record<string, unknown>;
  unknownStringValue: string;
}>("@pulumi/policy/proxy");

const noExceptions: Exceptions = { uncheckedHosts: [] };

let resources: RecordedResource[];

/** One line for each violation that the policy pack reports: the rule's name, the resource's name, and what is printed. */
function violations(recorded: readonly RecordedResource[], exceptions: Exceptions): string[] {
  return recorded.flatMap(({ type, name, inputs }) => {
    const getConfig = jest.fn().mockReturnValue(exceptions);
    const resource = { type, props: unknownCheckingProxy(withPlainConnection(inputs)), getConfig };
    return rules.map(policyFor).flatMap((policy) => {
      const printed: string[] = [];
      // As the SDK prints a violation: see makeReportViolationFun in @pulumi/policy/server.js.
      policy.validateResource(resource, (message) =>
        printed.push([policy.description, message].filter(Boolean).join("\n")),
      );
      return printed.map((each) => `${policy.name}: ${name}: ${each}`);
    });
  });
}

/** A recorded connection is `{ secret: VALUE }`; the engine hands a policy pack plain values. */
function withPlainConnection(inputs: RecordedResource["inputs"]): RecordedResource["inputs"] {
  const { connection } = inputs as { connection?: { secret?: object } };
  return { ...inputs, connection: connection?.secret ?? connection };
}

beforeAll(async () => {
  pulumi.runtime.setAllConfig(configuration({ ...smallest, backup: { at: "03:15" } }));
  resources = await recordResources(() => jest.requireActual("../../../../index"));
});

test("the program violates no rule, and has a resource that each rule applies to", () => {
  expect(violations(resources, noExceptions)).toEqual([]);
  const types = resources.map(({ type }) => type);
  expect(rules.filter((rule) => !types.includes(rule.type))).toEqual([]);
});

/** For each rule, inputs that violate it and no other. */
const examples: Readonly<Record<string, readonly { readonly of: string; readonly inputs: object }[]>> = {
  "only-the-portal-has-host-ports": [
    { of: "server-grafana", inputs: { ports: [{ internal: 3000, external: 3000 }] } },
    { of: "server-grafana", inputs: { ports: [{ internal: 3000, external: 3000, ip: "0.0.0.0" }] } },
    { of: "server-influxdb", inputs: { publishAllPorts: true } },
    { of: "server-telegraf", inputs: { networkMode: "host" } },
  ],
  "image-is-pinned": [
    { of: "server-grafana-image", inputs: { name: "grafana/grafana" } },
    { of: "server-grafana-image", inputs: { name: "grafana/grafana:latest" } },
  ],
  "container-image-is-pinned": [
    { of: "server-grafana", inputs: { image: "grafana/grafana" } },
    { of: "server-https-portal", inputs: { image: "steveltn/https-portal:latest" } },
  ],
  "container-restarts": [
    { of: "server-telegraf", inputs: { restart: undefined } },
    { of: "server-telegraf", inputs: { restart: "on-failure" } },
  ],
  "container-has-health-check": [
    { of: "server-telegraf", inputs: { healthcheck: undefined } },
    { of: "server-telegraf", inputs: { healthcheck: { tests: ["NONE"] } } },
  ],
  "container-has-memory-limit": [
    { of: "server-influxdb", inputs: { memory: undefined } },
    { of: "server-influxdb", inputs: { memory: 0 } },
  ],
  "container-has-label": [
    { of: "server-https-portal", inputs: { labels: undefined } },
    { of: "server-https-portal", inputs: { labels: [{ label: "somebody-elses", value: "test" }] } },
  ],
  "no-secret-in-env": [
    { of: "server-grafana", inputs: { envs: [{ secret: "GF_DATABASE_URL=postgres://user:pass@host" }] } },
    { of: "server-grafana", inputs: { envs: { secret: ["A=b"] } } },
    { of: "server-grafana", inputs: { envs: ["GF_SECURITY_ADMIN_PASSWORD=hunter2"] } },
    { of: "server-grafana", inputs: { envs: ["GF_SMTP_PASSWORD=$__file{/a-file}hunter2"] } },
    { of: "server-grafana", inputs: { envs: ["GF_SMTP_PASSWORD=$__file{/a-file}$__file{hunter2}"] } },
    { of: "server-telegraf", inputs: { envs: ["INFLUX_TOKEN=hunter2"] } },
    { of: "server-telegraf", inputs: { envs: ["INFLUX_TOKEN=hunter2_FILE=x"] } },
  ],
  "ssh-command-has-time-limit": [
    { of: "kube-1-exporters", inputs: { create: "sudo -n sh -s -- apply" } },
    { of: "kube-1-exporters", inputs: { update: "sh -s -- apply" } },
    { of: "kube-0-prometheus-script", inputs: { delete: "sudo -n sh -s -- remove" } },
  ],
  "ssh-command-has-host-key": [
    { of: "kube-2-exporters", inputs: { connection: undefined } },
    { of: "kube-2-exporters", inputs: { connection: { host: "kube-2.local" } } },
    { of: "kube-2-exporters", inputs: { connection: { secret: { host: "kube-2.local", hostKey: "" } } } },
    {
      of: "kube-2-exporters",
      inputs: { connection: { host: "kube-2.local", hostKey, proxy: { host: "vps" } } },
    },
  ],
};

test("every rule has an example that violates it", () => {
  expect(Object.keys(examples)).toEqual(rules.map(({ name }) => name));
});

test.each(
  Object.entries(examples).flatMap(([rule, each]) =>
    each.map(({ of, inputs }) => ({ rule, of, inputs, shown: JSON.stringify(inputs) })),
  ),
)("$rule: $of with $shown is reported, and no input is printed", ({ rule: name, of, inputs }) => {
  const rule = rules.find((each) => each.name === name);
  const changed = resources.map((resource) =>
    resource.name === of && resource.type === rule?.type
      ? { ...resource, inputs: { ...resource.inputs, ...inputs } }
      : resource,
  );
  expect(violations(changed, noExceptions)).toEqual([`${name}: ${of}: ${rule?.demand ?? ""}`]);
});

/** The program's resources, with other inputs of the server's Grafana. */
function withGrafanaInputs(inputs: object): RecordedResource[] {
  return resources.map((each) =>
    each.name === "server-grafana" ? { ...each, inputs: { ...each.inputs, ...inputs } } : each,
  );
}

test("a file that has a secret may be named in the environment", () => {
  const envs = ["GF_SECURITY_ADMIN_PASSWORD__FILE=/run/secrets/admin", "INFLUXD_SESSION_LENGTH=60"];
  expect(violations(withGrafanaInputs({ envs }), noExceptions)).toEqual([]);
});

test("a value that is unknown in this preview violates no rule", () => {
  expect(violations(withGrafanaInputs({ image: unknownStringValue }), noExceptions)).toEqual([]);
});

test("every machine without a host key passes a preview where the settings say unchecked", async () => {
  const unchecked = {
    ...smallest,
    backup: { at: "03:15" },
    vps: { ...smallest.vps, hostKey: "unchecked" },
    nodes: smallest.nodes.map((node) => ({ ...node, hostKey: "unchecked" })),
  };
  pulumi.runtime.setAllConfig(configuration(unchecked));
  const recorded = await recordResources(() => {
    jest.isolateModules(() => jest.requireActual("../../../../index"));
  });
  const rule = "ssh-command-has-host-key";
  const names = violations(recorded, noExceptions).map((line) => line.split(": ").slice(0, 2).join(": "));
  expect(names.sort()).toEqual(
    [
      "kube-0-exporters",
      "kube-0-prometheus-script",
      "kube-1-exporters",
      "kube-2-exporters",
      "server-backup-script",
    ].map((name) => `${rule}: ${name}`),
  );
  expect(violations(recorded, policyConfiguration(exampleSettings(unchecked))[rule])).toEqual([]);
});

test("a node without a host key is let through where the settings say unchecked, and nowhere else", async () => {
  const { nodes, exporter, presets } = exampleSettings({
    nodes: [exampleNode("kube-0", { master: true, hostKey: "unchecked" })],
  });
  const unchecked = await recordResources(() =>
    nodes.map((node) => new PiNode(node.name, { node, exporter, presets })),
  );
  expect(violations(unchecked, { uncheckedHosts: ["kube-0.local"] })).toEqual([]);
  expect(violations(unchecked, { uncheckedHosts: ["kube-1.local"] })).toEqual([
    expect.stringMatching(/^ssh-command-has-host-key: kube-0-exporters: /),
  ]);
});

test("the same is true of a jump host", async () => {
  const settings = exampleSettings({
    nodes: [exampleNode("kube-0", { master: true })],
    sshJump: { host: "home.example.com", key: "agent", hostKey: "unchecked" },
  });
  const { nodes, exporter, presets } = settings;
  const unchecked = await recordResources(() =>
    nodes.map((node) => new PiNode(node.name, { node, exporter, presets })),
  );
  const exceptions = policyConfiguration(settings)["ssh-command-has-host-key"];
  expect(exceptions).toEqual({ uncheckedHosts: ["home.example.com"] });
  expect(violations(unchecked, exceptions)).toEqual([]);
  expect(violations(unchecked, { uncheckedHosts: ["kube-0.local"] })).toEqual([
    expect.stringMatching(/^ssh-command-has-host-key: kube-0-exporters: /),
  ]);
});
