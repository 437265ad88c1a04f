import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { rehearsalFolder } from "../../scripts/rehearsal/instance";
import type { Stack } from "../../scripts/stack/stack";
import { expectSuccess, run, type Run } from "../support/commands";
import { eventually } from "../support/eventually";
import { GitHubStandIn } from "../support/gitHubStandIn";
import { temporaryFolder } from "../support/temporaryFolder";
import { docker } from "./support/machines";
import { startRehearsal } from "./support/rehearsal";
import { expectNoSecret, readSecrets, type Secrets } from "./support/secrets";
import { changeSetting, readSetting, withSettings } from "./support/settingsFile";

let stack: Stack;
let secrets: Secrets;

beforeAll(async () => {
  stack = await startRehearsal();
  secrets = await readSecrets(stack);
});

describe("the preview of a pull request", () => {
  const file = join(temporaryFolder(), "preview.md");

  async function preview(): Promise<Run & { readonly comment: string }> {
    const previewed = await run("preview", ["dev", "--comment", file]);
    const comment = await readFile(file, "utf8");
    expectNoSecret(secrets, "the output", previewed.output);
    expectNoSecret(secrets, "the comment", comment);
    return { ...previewed, comment };
  }

  /** @returns what `use` does while a setting has another value */
  async function withSetting<R>(key: string, value: unknown, use: () => Promise<R>): Promise<R> {
    return withSettings(() => changeSetting(key, () => value), use);
  }

  async function readNodes() {
    return readSetting<readonly { readonly name: string }[]>("nodes");
  }

  test("says that nothing changes", async () => {
    const { comment, ...previewed } = await preview();
    expectSuccess(previewed);
    expect(comment).toMatch(
      /^<!-- pi-monitoring preview dev -->\n### Preview of dev\n\n```\nPreviewing update/,
    );
    expect(comment).toMatch(/\d\d unchanged/);
    expect(comment).toMatch(/Policy Packs run:\n.*\n +pi-monitoring\|local/);
  });

  test("says what changes, scripts and credentials included", async () => {
    const rotated = { telegraf: "2026-01-01", ingest: "2026-01-01", grafanaAdmin: "2026-01-01" };
    const { comment, ...previewed } = await withSetting("rotated", rotated, preview);
    expectSuccess(previewed);
    expect(comment).toContain("server-ingest-kube-0-password");
    expect(comment).toContain("[secret]");
    expect(comment).toMatch(/\d+ to replace/);
  });

  test("fails on an invalid setting, and says which", async () => {
    const { exitCode, comment } = await withSetting("domain", "localhost", preview);
    expect({ exitCode, comment }).toMatchObject({ exitCode: 1 });
    expect(comment).toContain("### Preview of dev FAILED");
    expect(comment).toContain('pi-monitoring:domain = "localhost": must be a domain name');
  });

  test("fails when the program does, and says why", async () => {
    const nodes = await readNodes();
    // A folder exists, which is all that the settings check, but cannot be read as a key.
    const broken = nodes.map((node) => ({ ...node, key: join(rehearsalFolder, "keys") }));
    const { exitCode, comment } = await withSetting("nodes", broken, preview);
    expect(exitCode).not.toBe(0);
    expect(comment).toContain("### Preview of dev FAILED");
    expect(comment).toContain("EISDIR: illegal operation on a directory, read");
  });

  test("accepts an unchecked host key that the settings allow, and policies alone refuse it", async () => {
    const nodes = await readNodes();
    const unchecked = nodes.map((node) => ({ ...node, hostKey: "unchecked" }));
    expectSuccess(await withSetting("nodes", unchecked, preview));

    // Without the configuration in which `npm run preview` gives the policies what the settings allow.
    const strict = await withSetting("nodes", unchecked, () =>
      stack.capture("preview", "--non-interactive", `--policy-pack=${stack.policyPack}`),
    );
    expect(strict.exitCode).not.toBe(0);
    for (const { name } of nodes) {
      expect(strict.output).toMatch(
        new RegExp(
          `\\[mandatory\\] +ssh-command-has-host-key +\\(command:remote:Command: ${name}-exporters\\)`,
        ),
      );
    }
  });
});

describe("the doctor's issue", () => {
  const gitHub = new GitHubStandIn();
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    env = await gitHub.start();
  });

  afterAll(() => {
    gitHub.stop();
  });

  async function doctorIssue(): Promise<number> {
    return (await run("doctor-issue", ["dev"], { env })).exitCode;
  }

  test("is not opened when the system is healthy", async () => {
    expect(await doctorIssue()).toBe(0);
    expect(gitHub.posts).toEqual([]);
  });

  test("is opened once, says what is wrong, and is closed when the system is healthy again", async () => {
    await docker("stop", "https-portal");
    try {
      expect(await doctorIssue()).toBe(1);
      expect(await doctorIssue()).toBe(1);
    } finally {
      await docker("start", "https-portal");
    }
    expect(gitHub.posts).toMatchObject([{ title: "dev has problems", state: "open" }]);
    expect(gitHub.posts[0]?.body).toMatch(/https-portal.*exited/);
    expectNoSecret(secrets, "the issue", JSON.stringify(gitHub.posts));

    await eventually("a healthy system", 300, async () => {
      expect(await doctorIssue()).toBe(0);
    });
    expect(gitHub.posts).toMatchObject([
      { title: "dev has problems", state: "closed" },
      { of: 1, body: expect.stringContaining("### Healthy since") as string },
    ]);
  });
});
