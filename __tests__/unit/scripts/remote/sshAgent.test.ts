import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { agentState, requireAgent } from "../../../../scripts/remote/sshAgent";
import { Stack } from "../../../../scripts/stack/stack";
import { eventually } from "../../../support/eventually";
import { configuration, exampleNode, exampleSettings, smallest } from "../../../support/exampleSettings";
import { temporaryFolder } from "../../../support/temporaryFolder";

const folder = temporaryFolder("/tmp");
const socket = join(folder, "agent");
const before = { PATH: process.env["PATH"] ?? "", SSH_AUTH_SOCK: process.env["SSH_AUTH_SOCK"] ?? "" };
let agent: ChildProcess;

beforeAll(async () => {
  agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
  await eventually("the agent's socket", 20, () => {
    expect(existsSync(socket)).toBe(true);
  });
});

afterEach(() => {
  Object.assign(process.env, before);
});

afterAll(() => {
  agent.kill();
});

test("an agent is silent, empty or ready", async () => {
  process.env["SSH_AUTH_SOCK"] = join(folder, "nowhere");
  expect(await agentState()).toBe("silent");
  process.env["SSH_AUTH_SOCK"] = "";
  expect(await agentState()).toBe("silent");
  process.env["SSH_AUTH_SOCK"] = socket;
  expect(await agentState()).toBe("empty");
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, "key")]);
  execFileSync("ssh-add", ["-q", join(folder, "key")], { env: process.env });
  expect(await agentState()).toBe("ready");
});

describe("machines that only the agent opens", () => {
  const key = join(folder, "key-file");
  writeFileSync(key, "");
  const vps = { ...smallest.vps, key };
  const nodes = smallest.nodes.map((node) => ({ ...node, key }));
  const mixed = [...nodes, exampleNode("kube-3"), exampleNode("kube-4")];

  test("are named where it has nothing to offer", () => {
    const settings = exampleSettings({ vps, nodes: mixed });
    expect(() => {
      requireAgent("silent", settings, true);
    }).toThrow(
      'The SSH agent does not answer, and the settings have "agent" as the key of kube-3, kube-4: `eval $(ssh-agent)` and `ssh-add`, or give the path of a key.',
    );
    expect(() => {
      requireAgent("empty", settings, true);
    }).toThrow(
      'The SSH agent has no key, and the settings have "agent" as the key of kube-3, kube-4: `ssh-add`, or give the path of a key.',
    );
    requireAgent("ready", settings, true);
  });

  test("are none where all have files", () => {
    requireAgent("silent", exampleSettings({ vps, nodes }), true);
    requireAgent("silent", exampleSettings({ vps: "local", nodes }), true);
  });

  // ssh may have an agent of its own by its configuration, and the provider has not.
  test.each([
    { isServerReached: true, backup: {}, isNamed: false },
    { isServerReached: true, backup: { at: "03:15" }, isNamed: true },
    { isServerReached: false, backup: {}, isNamed: true },
  ])("are the VPS too: %j", ({ isServerReached, backup, isNamed }) => {
    const settings = exampleSettings({ nodes, backup });
    const check = (): void => {
      requireAgent("silent", settings, isServerReached);
    };
    if (isNamed) {
      expect(check).toThrow("vps.example.com");
    } else {
      expect(check).not.toThrow();
    }
  });
});

describe("pulumi", () => {
  const stack = new Stack("test", { environment: {}, options: [] });
  const key = join(folder, "key-of-a-node");

  /** Puts a `pulumi` on the path that has these settings and prints which agent it is given. */
  function usePulumi(change: object): void {
    writeFileSync(key, "");
    const nodes = smallest.nodes.map((node) => ({ ...node, ...change }));
    const values = Object.entries(configuration({ ...smallest, vps: "local", nodes }));
    const config = JSON.stringify(Object.fromEntries(values.map(([name, value]) => [name, { value }])));
    const script = `#!/bin/sh
case $1 in
config) cat '${folder}/config.json' ;;
*) echo "agent: \${SSH_AUTH_SOCK-none}" ;;
esac
`;
    writeFileSync(join(folder, "config.json"), config);
    writeFileSync(join(folder, "pulumi"), script, { mode: 0o755 });
    process.env["PATH"] = [folder, before.PATH].join(delimiter);
  }

  test.each(["up", "refresh", "destroy"])(
    "%s does without an agent that does not answer",
    async (command) => {
      usePulumi({ key });
      process.env["SSH_AUTH_SOCK"] = join(folder, "nowhere");
      expect(await stack.capture(command)).toEqual({ exitCode: 0, output: "agent: none\n" });
    },
  );

  test("gets one that answers", async () => {
    usePulumi({ key });
    process.env["SSH_AUTH_SOCK"] = socket;
    expect(await stack.capture("up")).toEqual({ exitCode: 0, output: `agent: ${socket}\n` });
  });

  test("is not called where a node needs one that does not answer", async () => {
    usePulumi({});
    process.env["SSH_AUTH_SOCK"] = join(folder, "nowhere");
    await expect(stack.capture("up")).rejects.toThrow("kube-0, kube-1, kube-2");
  });
});
