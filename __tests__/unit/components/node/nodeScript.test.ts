import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { NodeScript } from "../../../../components/node/nodeScript";
import type { NodeSettings } from "../../../../components/settings/settings";
import { exampleNode, exampleSettings, hostKey } from "../../../support/exampleSettings";
import { type RecordedResource, recordResources } from "../../../support/recordResources";
import { temporaryFolder } from "../../../support/temporaryFolder";

const keyFile = join(temporaryFolder(), "id_ed25519");

beforeAll(() => {
  writeFileSync(keyFile, "the private key");
});

async function record(
  change: object,
  script: pulumi.Input<string> = "true",
): Promise<RecordedResource | undefined> {
  const [node] = exampleSettings({ nodes: [exampleNode("kube-0", { master: true, ...change })] }).nodes;
  const [resource] = await recordResources(
    () => new NodeScript("script", { node: node as NodeSettings, script }, {}),
  );
  return resource;
}

test("runs as root on standard input, bounded in time", async () => {
  const resource = await record({}, "echo hello");
  expect(resource?.inputs).toMatchObject({
    create: "sudo -n timeout 900 sh -s -- apply",
    delete: "sudo -n timeout 900 sh -s -- remove",
    stdin: "echo hello",
    addPreviousOutputInEnv: false,
  });
  expect(resource?.inputs).not.toHaveProperty("update");
});

test("keeps a secret script secret", async () => {
  const resource = await record({}, pulumi.secret("echo hello"));
  expect(resource?.inputs["stdin"]).toEqual({ secret: "echo hello" });
});

test.each([
  [
    "a key file",
    { key: keyFile },
    { host: "kube-0.local", port: 22, user: "pi", privateKey: "the private key", hostKey },
  ],
  [
    "another address, port and user",
    { sshHost: "192.168.1.10", sshPort: 2222, user: "admin" },
    { host: "192.168.1.10", port: 2222, user: "admin", hostKey },
  ],
  ["any host key", { hostKey: "unchecked" }, { host: "kube-0.local", port: 22, user: "pi" }],
])("connects with %s, and gives up soon", async (_, change, connection) => {
  const resource = await record(change);
  expect(resource?.inputs["connection"]).toEqual({
    secret: { ...connection, dialErrorLimit: 1, perDialTimeout: 10 },
  });
});
