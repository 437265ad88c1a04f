import { restoredState } from "../../../../scripts/backup/restoredState";
import type { Checkpoint, StateResource } from "../../../../scripts/stack/state";

function urn(type: string, name: string): string {
  return `urn:pulumi:home::pi-monitoring::${type}::${name}`;
}

const stack = urn("pulumi:pulumi:Stack", "pi-monitoring-home");
const dockerProvider = urn("pulumi:providers:docker", "server-engine-docker");
const commandProvider = urn("pulumi:providers:command", "default_1_2_1");
const server = urn("pi-monitoring:index:MonitoringServer", "server");
const container = urn("docker:index/container:Container", "server-influxdb");
const password = urn("random:index/randomPassword:RandomPassword", "server-influxdb-admin-password");
const token = urn("command:local:Command", "server-telegraf-token-authorization");
const node = urn("pi-monitoring:index:PiNode", "kube-0");
const nodeScript = urn("command:remote:Command", "kube-0-exporters");
const master = urn("pi-monitoring:index:PrometheusMaster", "kube-0-prometheus");

function resource(its: string, more: object = {}): StateResource {
  return { urn: its, type: its.split("::")[2] ?? "", parent: stack, ...more };
}

const tokenInputs = { create: "docker exec", stdin: { ciphertext: "v1:abc" }, triggers: ["prometheus"] };
const root: StateResource = {
  urn: stack,
  type: "pulumi:pulumi:Stack",
  outputs: { telegrafToken: { ciphertext: "v1:def" } },
};
const checkpoint = {
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

const restored = restoredState(checkpoint);

test("keeps what is known and leaves out what was made on the machines", () => {
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

test("keeps secrets as they are encrypted, and what it does not know", () => {
  const { version, deployment } = restored;
  expect(version).toBe(3);
  expect(deployment.secrets_providers).toEqual(checkpoint.deployment.secrets_providers);
  expect(deployment.resources[0]).toEqual(checkpoint.deployment.resources[0]);
  expect(deployment.resources[3]).toEqual(checkpoint.deployment.resources[4]);
});

test("refers to nothing that it has left out", () => {
  const gone = [dockerProvider, container, nodeScript];
  expect(gone.filter((each) => JSON.stringify(restored).includes(each))).toEqual([]);
  const [, , , , authorization] = restored.deployment.resources;
  expect(authorization).toMatchObject({
    dependencies: [password],
    propertyDependencies: { create: [], stdin: [password], triggers: [] },
  });
  expect(authorization).not.toHaveProperty("deletedWith");
});

test("leaves out what has its parent or its provider left out", () => {
  const onNode = urn("command:local:Command", "on-node");
  const odd: Checkpoint = {
    deployment: {
      resources: [
        resource(dockerProvider),
        resource(nodeScript),
        resource(onNode, { parent: nodeScript }),
        resource(urn("other:index:Thing", "thing"), { provider: `${dockerProvider}::id` }),
        resource(urn("other:index:Thing", "below"), { parent: onNode }),
      ],
    },
  };
  expect(restoredState(odd).deployment.resources).toEqual([]);
});

test("has every script in a container run again, with the secrets and triggers that it had", () => {
  const [, , , , current, replaced] = restored.deployment.resources;
  expect(current?.inputs).toEqual({ ...tokenInputs, update: "# again" });
  expect(current?.outputs).toEqual({
    ...tokenInputs,
    update: "# again",
    stdout: { ciphertext: "v1:jkl" },
  });
  // Nothing but its removal is left of this one.
  expect(replaced?.inputs).toEqual(tokenInputs);
});

test("of an empty state, and of a restored one, it makes the same again", () => {
  expect(restoredState({ deployment: {} })).toEqual({
    deployment: { resources: [], pending_operations: [] },
  });
  expect(restoredState(restored)).toEqual(restored);
});
