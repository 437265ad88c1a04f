import { writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { Stack } from "../../../../scripts/stack/stack";
import { configuration, smallest } from "../../../support/exampleSettings";
import { TestAgent } from "../../../support/testAgent";

const stack = new Stack("test", { environment: {}, options: [] });
const agent = new TestAgent();
const path = process.env["PATH"] ?? "";

afterEach(() => {
  process.env["PATH"] = path;
});

/** Puts a `pulumi` on the path whose settings have this key for all nodes. It prints which agent it is given. */
function usePulumi(key: string): void {
  const nodes = smallest.nodes.map((node) => ({ ...node, key }));
  const values = Object.entries(configuration({ ...smallest, vps: "local", nodes }));
  const config = JSON.stringify(Object.fromEntries(values.map(([name, value]) => [name, { value }])));
  const script = `#!/bin/sh
case $1 in
config) cat '${agent.folder}/config.json' ;;
*) echo "agent: \${SSH_AUTH_SOCK-none}" ;;
esac
`;
  writeFileSync(join(agent.folder, "config.json"), config);
  writeFileSync(join(agent.folder, "pulumi"), script, { mode: 0o755 });
  process.env["PATH"] = [agent.folder, path].join(delimiter);
}

describe("the SSH agent", () => {
  const key = join(agent.folder, "key");
  writeFileSync(key, "");

  test.each(["up", "refresh", "destroy"])(
    "is kept from `pulumi %s` if it does not answer",
    async (command) => {
      usePulumi(key);
      agent.use("silent");
      expect(await stack.capture(command)).toEqual({ exitCode: 0, output: "agent: none\n" });
    },
  );

  test("is passed on if it answers", async () => {
    usePulumi(key);
    agent.use("running");
    expect(await stack.capture("up")).toEqual({ exitCode: 0, output: `agent: ${agent.socket}\n` });
  });

  test("is required if a node has no other key", async () => {
    usePulumi("agent");
    agent.use("silent");
    await expect(stack.capture("up")).rejects.toThrow("kube-0, kube-1, kube-2");
  });
});
