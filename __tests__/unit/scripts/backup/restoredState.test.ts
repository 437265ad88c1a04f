import { restoredState } from "../../../../scripts/backup/restoredState";
import type { StackState, StateResource } from "../../../../scripts/stack/state";

function urnOf(type: string, name: string): string {
  return `urn:pulumi:home::pi-monitoring::${type}::${name}`;
}

const stack = urnOf("pulumi:pulumi:Stack", "pi-monitoring-home");
const dockerProvider = urnOf("pulumi:providers:docker", "server-engine-docker");
const commandProvider = urnOf("pulumi:providers:command", "default_1_2_1");
const server = urnOf("pi-monitoring:index:MonitoringServer", "server");
const container = urnOf("docker:index/container:Container", "server-influxdb");
const password = urnOf("random:index/randomPassword:RandomPassword", "server-influxdb-admin-password");
const token = urnOf("command:local:Command", "server-telegraf-token-authorization");
const node = urnOf("pi-monitoring:index:PiNode", "kube-0");
const nodeScript = urnOf("command:remote:Command", "kube-0-exporters");
const master = urnOf("pi-monitoring:index:PrometheusMaster", "kube-0-prometheus");

function resource(urn: string, more: object = {}): StateResource {
  return { urn, type: urn.split("::")[2] ?? "", parent: stack, ...more };
}

const tokenInputs = { create: "docker exec", stdin: { ciphertext: "v1:abc" }, triggers: ["prometheus"] };
const root: StateResource = {
  urn: stack,
  type: "pulumi:pulumi:Stack",
  outputs: { telegrafToken: { ciphertext: "v1:def" } },
};
const exported = {
  version: 3,
  deployment: {
    manifest: { version: "v3.250.0" },
    secrets_providers: { type: "passphrase", state: { salt: "v1:abc" } },
    resources: [
      root,
      resource(dockerProvider, { inputs: { host: "ssh://root@old.example.com:22" } }),
      resource(commandProvider),
      resource(server),
      resource(password, { outputs: { result: { ciphertext: "v1:ghi" } } }),
      resource(container, { provider: `${dockerProvider}::id`, parent: server }),
      resource(token, {
        parent: server,
        provider: `${commandProvider}::id`,
        dependencies: [container, password],
        propertyDependencies: { create: [container], stdin: [password, container], triggers: [] },
        deletedWith: container,
        inputs: tokenInputs,
        outputs: { ...tokenInputs, stdout: { ciphertext: "v1:jkl" } },
      }),
      resource(token, { delete: true, inputs: tokenInputs, dependencies: [container] }),
      resource(node),
      resource(nodeScript, { parent: node, provider: `${commandProvider}::id` }),
      resource(master, { dependencies: [nodeScript] }),
    ],
    pending_operations: [{ type: "creating", resource: resource(container) }],
  },
};

const restored = restoredState(exported);

/** The restored resource of a token that is in force, or that was replaced and waits to be deleted. */
function restoredToken(isReplaced: boolean): StateResource | undefined {
  return restored.deployment.resources.find(
    ({ urn, delete: replaced = false }) => urn === token && replaced === isReplaced,
  );
}

test("keeps the stack, components and credentials, and leaves out what was made on the machines", () => {
  expect(restored.deployment.resources.map((each) => each.urn)).toEqual([
    stack,
    commandProvider,
    server,
    password,
    token,
    token,
    node,
    master,
  ]);
});

test("keeps secrets encrypted, and the properties that it does not use", () => {
  const { version, deployment } = restored;
  expect(version).toBe(3);
  expect(deployment.secrets_providers).toEqual(exported.deployment.secrets_providers);
  expect(deployment.resources[0]).toEqual(exported.deployment.resources[0]);
  expect(deployment.resources[3]).toEqual(exported.deployment.resources[4]);
});

test("refers to nothing that it has left out", () => {
  const gone = [dockerProvider, container, nodeScript];
  expect(gone.filter((each) => JSON.stringify(restored).includes(each))).toEqual([]);
  const authorization = restoredToken(false);
  expect(authorization).toMatchObject({
    dependencies: [password],
    propertyDependencies: { create: [], stdin: [password], triggers: [] },
  });
  expect(authorization).not.toHaveProperty("deletedWith");
});

test("leaves out what has its parent or its provider left out", () => {
  const onNode = urnOf("command:local:Command", "on-node");
  const odd: StackState = {
    deployment: {
      resources: [
        resource(dockerProvider),
        resource(nodeScript),
        resource(onNode, { parent: nodeScript }),
        resource(urnOf("other:index:Thing", "thing"), { provider: `${dockerProvider}::id` }),
        resource(urnOf("other:index:Thing", "below"), { parent: onNode }),
      ],
    },
  };
  expect(restoredState(odd).deployment.resources).toEqual([]);
});

test("lets the scripts of containers run again, with their secrets and triggers", () => {
  const current = restoredToken(false);
  expect(current?.inputs).toEqual({ ...tokenInputs, update: "# again" });
  expect(current?.outputs).toEqual({
    ...tokenInputs,
    update: "# again",
    stdout: { ciphertext: "v1:jkl" },
  });
  // One that was replaced is only deleted.
  expect(restoredToken(true)?.inputs).toEqual(tokenInputs);
});

test("changes neither an empty state nor a restored one", () => {
  expect(restoredState({ deployment: {} })).toEqual({
    deployment: { resources: [], pending_operations: [] },
  });
  expect(restoredState(restored)).toEqual(restored);
});
