import { $ as zx } from "zx";
import { exec } from "../../../scripts/rehearsal/machines/machine";
import type { Examination } from "../../../scripts/doctor/examination";
import { openStack } from "../../../scripts/rehearsal/openStack";
import { eventually } from "../../support/eventually";
import { expectSuccess } from "../../support/expectSuccess";

// Debian trixie's engine, which takes no client older than Docker 29 does, and keeps images in containerd's store.
const env = { ...process.env, PI_MONITORING_VPS: "trixie" };
const $ = zx({ quiet: true, nothrow: true, env });
const full = process.env["PI_MONITORING_FULL"] === "true";

async function doctor(): Promise<Examination> {
  return (await $`npm run --silent doctor -- --json`).json<Examination>();
}

async function npmRun(script: string, ...words: string[]): Promise<string> {
  const { exitCode, stdall } = await $`npm run ${script} -- ${words}`;
  expectSuccess({ exitCode, stdall });
  return stdall;
}

beforeAll(async () => {
  // The other engine's containers are not in this one's store.
  await npmRun("down");
  await npmRun("start", "--yes");
});

afterAll(async () => {
  await npmRun("down");
});

test("the engine is as strict as Docker 29", async () => {
  const format = "{{.Server.Version}} {{.Server.MinAPIVersion}}";
  expect(await exec("vps", ["docker", "version", "--format", format])).toMatch(/^26\.\S+ 1\.44\n$/);
  expect(await exec("vps", ["docker", "info", "--format", "{{.DriverStatus}}"])).toContain(
    "io.containerd.snapshotter.v1",
  );
});

test("ten examinations find nothing", async () => {
  await eventually("a healthy system", 120, async () => {
    expect((await doctor()).findings).toEqual([]);
  });
  for (let run = 0; run < 10; run++) {
    expect((await doctor()).findings).toEqual([]);
  }
});

test("nothing is left to change, also after a refresh", async () => {
  const stack = await openStack("dev");
  for (const words of [[], ["--refresh"]]) {
    const { exitCode, output } = await stack.capture(
      ...["up", "--yes", "--non-interactive", "--skip-preview", "--expect-no-changes"],
      ...words,
    );
    expectSuccess({ exitCode, output });
  }
});

// They bring the rehearsal up on this engine, and take it down.
(full ? test.each : test.skip.each)(["pipeline", "reliability/backup"])(
  "%s passes",
  async (suite) => {
    const jest = ["--selectProjects", "e2e", "--runInBand", "--verbose", "--testTimeout=900000"];
    const { exitCode, stdall } = await $`npx jest ${jest} __tests__/e2e/${suite}.test.ts`;
    process.stdout.write(stdall);
    expect(exitCode).toBe(0);
  },
  3_600_000,
);
