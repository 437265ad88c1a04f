import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { RemoteScript, rootCommand, sudoersLine } from "../../../../components/machine/remoteScript";
import { PiNode } from "../../../../components/node/piNode";
import { sshMachineOf } from "../../../../components/node/sshMachine";
import type { NodeSettings } from "../../../../components/settings/settings";
import { exampleNode, exampleSettings, hostKey } from "../../../support/exampleSettings";
import { projectRoot } from "../../../support/projectRoot";
import { type RecordedResource, recordResources } from "../../../support/recordResources";
import { temporaryFolder } from "../../../support/temporaryFolder";

test("the documented line of sudoers is the one that a node needs", () => {
  const text = readFileSync(join(projectRoot, "docs/security.md"), "utf8");
  expect(text.match(/^pi ALL.*$/gm)).toEqual([sudoersLine("pi")]);
});

test("init checks exactly the rights of the line", () => {
  const script = readFileSync(join(projectRoot, "scripts/init/machine/machineFacts.sh"), "utf8");
  expect(sudoersLine("pi")).toContain(/sudo -k -n (.*) >/.exec(script)?.[1]);
});

test("what a node is asked to run by sudo is what the line lists", async () => {
  const { nodes, exporter, presets } = exampleSettings();
  const resources = await recordResources(() =>
    nodes.map((node) => new PiNode(node.name, { node, exporter, presets })),
  );
  const commands = resources
    .filter(({ type }) => type === "command:remote:Command")
    .flatMap(({ inputs }) => [inputs["create"], inputs["update"], inputs["delete"]])
    .filter((command) => typeof command === "string");
  const listed = sudoersLine("pi")
    .replace(/.*NOPASSWD: /, "")
    .split(", ");
  const asked = [...commands, rootCommand({ user: "pi" }, "inspect")].map((command) =>
    command.replace("sudo -n ", "/usr/bin/"),
  );
  expect([...new Set(asked)]).toEqual(listed);
});

describe("on a node, a script", () => {
  const keyFile = join(temporaryFolder(), "id_ed25519");
  writeFileSync(keyFile, "the private key");

  async function record(
    change: object,
    script: pulumi.Input<string> = "true",
  ): Promise<RecordedResource | undefined> {
    const { nodes } = exampleSettings({ nodes: [exampleNode("kube-0", { master: true, ...change })] });
    const machine = sshMachineOf(nodes[0] as NodeSettings);
    const [resource] = await recordResources(() => new RemoteScript("script", { machine, script }, {}));
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

  test("stays secret", async () => {
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

  test("connects through a jump host, whose key it checks too", async () => {
    const limits = { perDialTimeout: 10 };
    const node = { host: "kube-0.local", port: 22, user: "pi", hostKey, dialErrorLimit: 0, ...limits };
    const place = { host: "vps.example.com", port: 2222 };
    const proxy = { ...place, user: "pi", privateKey: "the private key", dialErrorLimit: 4, ...limits };
    const checked = await record({ sshJump: { ...place, key: keyFile, hostKey } });
    expect(checked?.inputs["connection"]).toEqual({ secret: { ...node, proxy: { ...proxy, hostKey } } });
    const unchecked = await record({ sshJump: { ...place, key: keyFile, hostKey: "unchecked" } });
    expect(unchecked?.inputs["connection"]).toEqual({ secret: { ...node, proxy } });
  });
});
