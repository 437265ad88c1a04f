// Runs only when it is named, see scripts/tools/suites.ts.
import type { Stack } from "../../../scripts/stack/stack";
import { run, runOrFail } from "../../support/commands";
import { deploy, expectHealthy, pulumiOrFail, startRehearsal } from "../support/rehearsal";
import { changeSetting, readSetting } from "../support/settingsFile";

type Node = Readonly<Record<string, unknown>> & { readonly hostKey: string };

let stack: Stack;
let nodes: readonly Node[];
let vps: Readonly<Record<string, unknown>>;

beforeAll(async () => {
  stack = await startRehearsal();
  nodes = await readSetting("nodes");
  vps = await readSetting("vps");
  // The nodes' names are known in the machines' own network only.
  await changeSetting("nodes", () =>
    nodes.map((node) => ({ ...node, sshHost: undefined, sshPort: undefined })),
  );
  await changeSetting("sshJump", () => vps);
});

afterAll(async () => {
  await changeSetting("sshJump", () => undefined);
  await changeSetting("nodes", () => nodes);
  await deploy();
});

test("nodes are set up, examined and rotated through it", async () => {
  await deploy();
  await expectHealthy(stack);
  expect((await runOrFail("rotate", ["ingest"])).output).toMatch(/works +│ is refused/);
  await pulumiOrFail(stack, "up", "--expect-no-changes");
});

test("another host key of the jump host is refused, and named", async () => {
  await changeSetting("sshJump", () => ({ ...vps, hostKey: nodes[0]?.hostKey }));
  try {
    const { exitCode, output } = await run("deploy", ["dev", "--yes"]);
    expect(exitCode).not.toBe(0);
    expect(output).toContain("the jump host 127.0.0.1 shows another host key");
  } finally {
    await changeSetting("sshJump", () => vps);
  }
});

test("another host key of a node behind it is refused, and named", async () => {
  const keys = nodes.map(({ hostKey }) => hostKey);
  const behind = nodes.map((node) => ({ ...node, sshHost: undefined, sshPort: undefined }));
  await changeSetting("nodes", () =>
    behind.map((node, index) => (index === 1 ? { ...node, hostKey: keys[0] } : node)),
  );
  try {
    const { exitCode, output } = await run("deploy", ["dev", "--yes"]);
    expect(exitCode).not.toBe(0);
    expect(output).toContain("kube-1.local shows another host key");
  } finally {
    await changeSetting("nodes", () => behind);
  }
});
