import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { agentState, requireAgent } from "../../../../scripts/remote/sshAgent";
import { exampleNode, exampleSettings, hostKey, smallest } from "../../../support/exampleSettings";
import { TestAgent } from "../../../support/testAgent";

const agent = new TestAgent();

test("an agent is silent, empty or ready", async () => {
  agent.use("silent");
  expect(await agentState()).toBe("silent");
  process.env["SSH_AUTH_SOCK"] = "";
  expect(await agentState()).toBe("silent");
  agent.use("running");
  expect(await agentState()).toBe("empty");
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(agent.folder, "key")]);
  execFileSync("ssh-add", ["-q", join(agent.folder, "key")], { env: process.env });
  expect(await agentState()).toBe("ready");
});

describe("an agent without keys is refused", () => {
  const key = join(agent.folder, "key-file");
  writeFileSync(key, "");
  const vps = { ...smallest.vps, key };
  const nodes = smallest.nodes.map((node) => ({ ...node, key }));

  test.each([
    [
      "silent",
      'The SSH agent does not answer, and the settings have "agent" as the key of kube-3, kube-4: `eval $(ssh-agent)` and `ssh-add`, or give the path of a key.',
    ],
    [
      "empty",
      'The SSH agent has no key, and the settings have "agent" as the key of kube-3, kube-4: `ssh-add`, or give the path of a key.',
    ],
  ] as const)("where nodes need it and it is %s", (state, message) => {
    const settings = exampleSettings({
      vps,
      nodes: [...nodes, exampleNode("kube-3"), exampleNode("kube-4")],
    });
    const isServerReached = true;
    expect(() => {
      requireAgent(state, settings, isServerReached);
    }).toThrow(message);
    requireAgent("ready", settings, isServerReached);
  });

  test.each([vps, "local"])("but not where all machines have files: %j", (server) => {
    requireAgent("silent", exampleSettings({ vps: server, nodes }), true);
  });

  test("where a jump host needs it", () => {
    const sshJump = { host: "home.example.com", key: "agent", hostKey };
    expect(() => {
      requireAgent("empty", exampleSettings({ vps, nodes, sshJump }), true);
    }).toThrow('the settings have "agent" as the key of home.example.com: `ssh-add`');
  });

  // The user's configuration may give ssh another agent; the provider has only this one.
  test.each([
    { isServerReached: true, backup: {}, isRefused: false },
    { isServerReached: true, backup: { at: "03:15" }, isRefused: true },
    { isServerReached: false, backup: {}, isRefused: true },
  ])("where the VPS needs it: %j", ({ isServerReached, backup, isRefused }) => {
    const settings = exampleSettings({ nodes, backup });
    const check = (): void => {
      requireAgent("silent", settings, isServerReached);
    };
    if (isRefused) {
      expect(check).toThrow("vps.example.com");
    } else {
      expect(check).not.toThrow();
    }
  });
});
