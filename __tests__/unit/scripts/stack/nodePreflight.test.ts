import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import type { Settings } from "../../../../components/settings/settings";
import { nodeRefusals, requireFreeNodes, setUpsOf } from "../../../../scripts/stack/nodePreflight";
import type { StateResource } from "../../../../scripts/stack/state";
import { exampleNode, exampleSettings } from "../../../support/exampleSettings";
import { runScript } from "../../../support/runScript";
import { SshStandIn } from "../../../support/sshStandIn";

const ssh = new SshStandIn();
const taken = "port 9100 is taken by k3s, which stays as it is: give our node_exporter another port";

/** Resources of these names in the state. */
function named(names: readonly string[]): StateResource[] {
  return names.map((name) => ({ urn: `urn:pulumi:home::x::y::${name}`, type: "y" }));
}

test("a node has a set-up for its exporters, which comes last, only where it has some", () => {
  const settings = exampleSettings({
    nodes: [exampleNode("kube-0", { master: true, exporters: { bind: {} } }), exampleNode("kube-1")],
  });
  const resources = settings.nodes.map((node) => setUpsOf(settings, node).map(({ resource }) => resource));
  expect(resources).toEqual([
    ["kube-0-exporters", "kube-0-prometheus-script", "kube-0-exporters-script"],
    ["kube-1-exporters"],
  ]);
});

describe("before a deploy", () => {
  /** Where all nodes answer by SSH but the last one. */
  let server: Server;
  let settings: Settings;

  beforeAll(async () => {
    server = createServer((socket) => socket.on("error", () => undefined).end("SSH-2.0-OpenSSH_9.2\r\n"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const given = exampleSettings({
      nodes: ["kube-0", "kube-1", "kube-2", "kube-3"].map((name, index) =>
        exampleNode(name, { user: name, master: index === 0 }),
      ),
    });
    const nodes = given.nodes.map((node) => ({
      ...node,
      sshHost: "127.0.0.1",
      // Nothing listens at the last one.
      sshPort: node.name === "kube-3" ? 1 : port,
    }));
    settings = { ...given, nodes };
  });

  afterAll(() => {
    server.close();
  });

  const all = ["kube-0", "kube-1", "kube-2", "kube-3"].map((name) => `${name}-exporters`);
  const refusal = (sentence: string): string => `inspects\nrefusal=${sentence}\n`;

  test("all that is in the way on new nodes is one refusal", async () => {
    ssh.answer("kube-0@127.0.0.1", "preflight", "inspects\nrefusal=first\nrefusal=second\n");
    ssh.answer("kube-1@127.0.0.1", "preflight", "inspects\n");
    ssh.answer("kube-2@127.0.0.1", "preflight", refusal(taken));
    await expect(requireFreeNodes({ settings, resources: named([]) })).rejects.toMatchObject({
      name: "UserError",
      message: [
        "Nodes cannot be set up as they are:",
        "kube-0: first",
        "kube-0: second",
        `kube-2: ${taken}`,
        "Nothing was changed.",
      ].join("\n"),
    });
    expect(ssh.preflightRuns.map(({ login }) => login)).toEqual([
      "kube-0@127.0.0.1",
      "kube-1@127.0.0.1",
      "kube-2@127.0.0.1",
    ]);
  });

  test("nodes that the stack has set up are not looked at", async () => {
    for (const login of ["kube-0@127.0.0.1", "kube-1@127.0.0.1", "kube-2@127.0.0.1"]) {
      ssh.answer(login, "preflight", refusal(taken));
    }
    await requireFreeNodes({ settings, resources: named([...all, "kube-0-prometheus-script"]) });
    expect(ssh.preflightRuns).toEqual([]);
  });

  test("but one is that is to be set up again", async () => {
    ssh.answer("kube-1@127.0.0.1", "preflight", refusal(taken));
    const loaded = { settings, resources: named([...all, "kube-0-prometheus-script"]) };
    await expect(requireFreeNodes(loaded, "kube-1")).rejects.toThrow(`kube-1: ${taken}`);
  });

  test("of a new master that is a node already, the master's part is", async () => {
    ssh.answer("kube-0@127.0.0.1", "preflight", refusal("port 9090 is taken"));
    await expect(requireFreeNodes({ settings, resources: named(all) })).rejects.toThrow(
      "kube-0: port 9090 is taken",
    );
    const [run, ...others] = ssh.preflightRuns;
    expect(others).toEqual([]);
    expect(run?.input).toContain("refuse_taken_port Prometheus");
    expect(run?.input).not.toContain("refuse_taken_port node_exporter");
  });

  test("a node that cannot be inspected is left to the deploy", async () => {
    ssh.answer("kube-0@127.0.0.1", "preflight", "inspects\n");
    await requireFreeNodes({ settings, resources: named([]) });
    expect(ssh.preflightRuns).toHaveLength(3);
  });
});

describe("an inspection", () => {
  const settings = exampleSettings();
  const [master, node] = settings.nodes as [Settings["nodes"][number], Settings["nodes"][number]];

  test("runs what the line of sudoers allows, and has no credential in it", async () => {
    ssh.answer(`pi@${master.host}`, "preflight", `inspects\nrefusal=${taken}\n`);
    expect(await nodeRefusals(master, setUpsOf(settings, master))).toEqual([taken]);
    const [run] = ssh.preflightRuns;
    expect(run?.command).toMatch(/pi@kube-0\.local sudo -n timeout 900 sh -s -- inspect$/);
    expect(setUpsOf(settings, node).map(({ resource }) => resource)).toEqual(["kube-1-exporters"]);
    expect(setUpsOf(settings, master).map(({ resource }) => resource)).toEqual([
      "kube-0-exporters",
      "kube-0-prometheus-script",
    ]);
  });

  test.each([
    ["of one script", [["a", 0]], { status: 0, stdout: "inspects\nrefusal=a\nend-a\n" }],
    [
      "of two",
      [
        ["a", 0],
        ["b", 0],
      ],
      { status: 0, stdout: "inspects\nrefusal=a\nend-a\nrefusal=b\nend-b\n" },
    ],
    [
      "of one that fails",
      [
        ["a", 3],
        ["b", 0],
      ],
      { status: 3, stdout: "inspects\nrefusal=a\nend-a\n" },
    ],
  ] as const)("%s runs each to its end, and fails if it does", async (_, scripts, expected) => {
    const setUps = scripts.map(([name, status]) => ({
      resource: name,
      script: () =>
        `trap 'echo end-${name}' EXIT\ninspect() { echo refusal=${name}; return ${status}; }\n"$1"\n`,
    }));
    ssh.answer(`pi@${master.host}`, "preflight", "inspects\n");
    await nodeRefusals(master, setUps);
    expect(runScript(ssh.preflightRuns[0]?.input ?? "", ["inspect"])).toMatchObject(expected);
  });
});
