import { chmodSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { examineLoaded } from "../../../../scripts/doctor/examination";
import type { LoadedStack } from "../../../../scripts/stack/stack";
import { exampleSettings } from "../../../support/exampleSettings";
import { loadedStack } from "../../../support/loadedStack";
import { SshStandIn } from "../../../support/sshStandIn";
import { temporaryFolder } from "../../../support/temporaryFolder";

// Without an answer, no node can be inspected.
new SshStandIn();
const folder = temporaryFolder();
let path: string | undefined;
const settings = exampleSettings({ vps: "local" });
const resources = [{ urn: "urn:pulumi:home::x::y::server", type: "y" }];
const loaded = loadedStack({ settings, resources });

/** Puts a `docker` in front of that of this machine. */
function standIn(script: string): void {
  const docker = join(folder, "docker");
  writeFileSync(docker, `#!/bin/sh\n${script}\n`);
  chmodSync(docker, 0o755);
  process.env["PATH"] = [folder, process.env["PATH"]].join(delimiter);
}

beforeEach(() => {
  path = process.env["PATH"];
});

afterEach(() => {
  process.env["PATH"] = path;
});

test.each([
  ["hangs", "exec sleep 60", "the command did not end within 1s"],
  ["fails", "echo no daemon >&2; exit 1", "no daemon"],
  ["fails silently", "exit 1", /: exit code 1$/],
])("an engine that %s is one finding of the server, which says so", async (_, script, reason) => {
  standIn(script);
  const { ok, containers, nodes, findings } = await examineLoaded(loaded, "1s");
  const names = settings.nodes.map(({ name }) => name);
  expect(findings.map(({ subject }) => subject)).toEqual([...names, "Docker"]);
  expect(findings.at(-1)?.problem).toMatch(/^the server's engine does not answer: /);
  expect(findings.at(-1)?.problem).toMatch(reason);
  expect({ ok, containers, ages: nodes.map((node) => node.sampleAgeSeconds) }).toEqual({
    ok: false,
    containers: [],
    ages: names.map(() => null),
  });
});

test.each([
  ["was never deployed", { resources: [] }],
  ["has no outputs, as its first deploy failed", { outputs: JSON.parse("{}") as LoadedStack["outputs"] }],
])("a stack that %s is not examined", async (_, state) => {
  await expect(examineLoaded({ ...loaded, ...state })).rejects.toThrow(
    "The stack home was not deployed yet: `npm run deploy -- home`",
  );
});
