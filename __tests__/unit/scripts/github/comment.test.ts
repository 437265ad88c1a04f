import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { previewMarker, renderComment } from "../../../../scripts/github/comment";
import { expectSuccess, run, type Run } from "../../../support/commands";
import { GitHubStandIn } from "../../../support/gitHubStandIn";
import { temporaryFolder } from "../../../support/temporaryFolder";

const gitHub = new GitHubStandIn();
const folder = temporaryFolder();
const marker = "<!-- a kind of report -->";
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  env = await gitHub.start();
});

afterAll(() => {
  gitHub.stop();
});

async function comment(text: string, more: NodeJS.ProcessEnv = {}): Promise<Run> {
  const file = join(folder, "report.md");
  writeFileSync(file, renderComment({ marker, title: "A report", text }));
  return run("pull-request-comment", ["7", file, "prod"], { env: { ...env, ...more } });
}

test("a pull request keeps one comment, which is replaced, and those of others stay", async () => {
  for (const body of ["first", "second", `${marker} written by another user`]) {
    gitHub.add({ of: 7, body, user: { login: "somebody" } });
  }
  gitHub.add({ of: 8, body: `${marker} on another pull request` });
  const before = gitHub.posts.map(({ body }) => body);

  expectSuccess(await comment("one change"));
  expectSuccess(await comment("two changes"));
  const after = gitHub.posts.map(({ of, body }) => ({ of, body }));
  expect(after.slice(0, 4).map(({ body }) => body)).toEqual(before);
  expect(after.slice(4)).toEqual([
    { of: 7, body: `${marker}\n### A report\n\n\`\`\`\ntwo changes\n\`\`\`\n` },
  ]);
});

test("a text of any length is accepted, and its end is shown", async () => {
  expectSuccess(await comment(`${"é\n".repeat(100_000)}the last line`));
  const body = gitHub.posts.at(-1)?.body ?? "";
  expect(body.length).toBeLessThanOrEqual(65_536);
  expect(body).toContain("é\nthe last line\n```\n");
  expect(body).toContain("[... this part is too long for GitHub");
});

test("a preview that has not written its report replaces the earlier comment", async () => {
  gitHub.add({ of: 9, body: `${previewMarker("prod")}\nof an earlier commit` });
  const missing = join(folder, "missing.md");
  expectSuccess(await run("pull-request-comment", ["9", missing, "prod"], { env }));
  expect(gitHub.posts.filter(({ of }) => of === 9).map(({ body }) => body)).toEqual([
    `${previewMarker("prod")}\n### Preview of prod FAILED\n\n\`\`\`\nNo preview: see the log of the job.\n\`\`\`\n`,
  ]);
});

test("a refusal of GitHub is reported without the token", async () => {
  const { exitCode, stderr } = await comment("text", { GITHUB_TOKEN: "a wrong token" });
  expect(exitCode).toBe(1);
  expect(stderr).toContain("GitHub answers GET /issues/7/comments?per_page=100&page=1 with 401");
  expect(stderr).not.toContain("a wrong token");
});

test("a text cannot end its fence", () => {
  const report = renderComment({ marker, title: "A report", text: "```\n@everybody\n```` <b>" });
  expect(report).toBe(
    `${marker}\n### A report\n\n\`\`\`\`\`\n\`\`\`\n@everybody\n\`\`\`\` <b>\n\`\`\`\`\`\n`,
  );
});
