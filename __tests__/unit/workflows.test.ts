import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { lanes } from "../../scripts/tools/suites";

const root = join(__dirname, "../..");

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly if?: string;
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly string[]>> };
  readonly "runs-on": string | readonly string[];
  readonly environment?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly "timeout-minutes"?: number;
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: object;
  readonly concurrency?: { readonly group: string };
  readonly jobs: Readonly<Record<string, Job>>;
}

/** The paths of the files in a folder whose names end so. */
const list = (folder: string, end: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(end))
    .map((file) => join(folder, file))
    .sort();
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const readWorkflow = (name: string): Workflow => parse(read(`.github/workflows/${name}.yml`)) as Workflow;
const workflows = {
  "pull-request": readWorkflow("pull-request"),
  deploy: readWorkflow("deploy"),
  doctor: readWorkflow("doctor"),
};
const install = parse(read(".github/actions/install/action.yml")) as {
  runs: { steps: readonly Step[] };
};

const jobs = Object.values(workflows).flatMap((workflow) => Object.entries(workflow.jobs));
const steps = [...jobs.flatMap(([, job]) => job.steps), ...install.runs.steps];

test("these are all workflows, and every job has steps", () => {
  expect(list(".github", ".yml")).toEqual([
    ".github/actions/install/action.yml",
    ".github/workflows/deploy.yml",
    ".github/workflows/doctor.yml",
    ".github/workflows/pull-request.yml",
    ".github/zizmor.yml",
  ]);
  expect(jobs.map(([name]) => name)).toEqual([
    "check",
    "test",
    "e2e",
    "grafana",
    "preview",
    "deploy",
    "doctor",
  ]);
});

test("every step that is no action is an npm script, and a test or the CI run runs that script", () => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  const commands = steps.flatMap(({ run }) => run ?? []);
  const names = commands
    .filter((command) => command !== "npm ci")
    .map(
      (command) =>
        /^npm (?:run )?([a-z0-9-]+)(?: -- (?:"\$[A-Z_]+"|--?[a-z-]+|[a-z.]+| )+)?$/.exec(command)?.[1],
    );
  expect(names.sort()).toEqual([
    "check",
    "deploy",
    "doctor-issue",
    "e2e",
    "e2e",
    "preview",
    "pull-request-comment",
    "test",
  ]);
  const runners = [".ci/run", "scripts/tools/ci.ts", ...list("__tests__", ".test.ts")]
    .filter((file) => !file.endsWith("workflows.test.ts"))
    .map(read)
    .join("\n");
  expect(runners).toContain("npm ci");
  for (const name of names) {
    expect(scripts).toHaveProperty(String(name));
    expect(runners).toMatch(
      new RegExp(`npm run --silent ${name} |(run|runOrFail|npmRun|jestRun)\\("${name}"`),
    );
  }
});

test("every action is this repository's own, or pinned by its commit, with the version beside it", () => {
  const sources = [
    "workflows/pull-request",
    "workflows/deploy",
    "workflows/doctor",
    "actions/install/action",
  ];
  const uses = sources.flatMap((name) => read(`.github/${name}.yml`).match(/uses: .*/g) ?? []);
  expect(uses).toHaveLength(steps.flatMap((step) => step.uses ?? []).length);
  for (const use of uses) {
    expect(use).toMatch(
      /^uses: (\.\/\.github\/actions\/install|[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/,
    );
  }
});

test("the CLI is that of the SDK", () => {
  const { dependencies } = JSON.parse(read("package.json")) as { dependencies: Record<string, string> };
  const versions = steps.flatMap((step) => step.with?.["pulumi-version"] ?? []);
  expect(versions).toEqual([dependencies["@pulumi/pulumi"]]);
});

test("nothing is permitted but what a job says, and no job may change code", () => {
  expect(Object.values(workflows).map(({ permissions }) => permissions)).toEqual([{}, {}, {}]);
  expect(Object.fromEntries(jobs.map(([name, { permissions }]) => [name, permissions]))).toEqual({
    check: { contents: "read" },
    test: { contents: "read" },
    e2e: { contents: "read" },
    grafana: { contents: "read" },
    preview: { contents: "read", "pull-requests": "write" },
    deploy: { contents: "read" },
    doctor: { contents: "read", issues: "write" },
  });
});

test("no token is left in the checkout, and every job has an end", () => {
  const checkouts = steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"));
  expect(checkouts).toHaveLength(jobs.length);
  expect(checkouts.every((step) => step.with?.["persist-credentials"] === false)).toBe(true);
  expect(jobs.every(([, job]) => (job["timeout-minutes"] ?? Infinity) <= 120)).toBe(true);
});

test("the rehearsal runs every lane, each in a job of its own", () => {
  expect(workflows["pull-request"].jobs["e2e"]?.strategy?.matrix).toEqual({ lane: Object.keys(lanes) });
});

test("the rehearsal has the whole history, for the programs of all releases", () => {
  const checkout = workflows["pull-request"].jobs["e2e"]?.steps.find(({ uses }) =>
    uses?.includes("/checkout@"),
  );
  expect(checkout?.with?.["fetch-depth"]).toBe(0);
});

test("a fork's pull request reaches no secret, and runs on no machine of the home network", () => {
  const { on, jobs: all } = workflows["pull-request"];
  expect(Object.keys(on)).toEqual(["pull_request"]);
  for (const [name, job] of Object.entries(all)) {
    expect(job["runs-on"]).toBe("ubuntu-24.04");
    if (JSON.stringify(job).includes("secrets.") || job.environment !== undefined) {
      expect([name, job.if]).toEqual([
        "preview",
        "vars.PULUMI_STACK != '' && github.event.pull_request.head.repo.full_name == github.repository",
      ]);
    }
  }
});

test("the token that comments is not there when the program runs, nor the state's key when it comments", () => {
  const preview = workflows["pull-request"].jobs["preview"]?.steps.filter(({ run }) => run !== undefined);
  const [makes, posts] = (preview ?? []).map((step) => JSON.stringify(step));
  expect(makes).toContain("secrets.PULUMI_CONFIG_PASSPHRASE");
  expect(makes).not.toContain("github.token");
  expect(posts).toContain("github.token");
  expect(posts).not.toContain("secrets.");
});

test("only what was merged is deployed: approved, at home, one at a time and never broken off", () => {
  const { on, concurrency, jobs: all } = workflows.deploy;
  expect(on).toEqual({ push: { branches: ["main"] } });
  expect(concurrency).toEqual({ group: "deploy-${{ vars.PULUMI_STACK }}", "cancel-in-progress": false });
  expect(all["deploy"]).toMatchObject({
    environment: "production",
    "runs-on": ["self-hosted", "pi-monitoring"],
  });
});

test("the doctor asks every night, at home", () => {
  const { on, jobs: all } = workflows.doctor;
  expect(on["schedule"]).toEqual([{ cron: expect.stringMatching(/^\d+ \d+ \* \* \*$/) as string }]);
  expect(all["doctor"]).toMatchObject({ "runs-on": ["self-hosted", "pi-monitoring"], environment: "doctor" });
});
