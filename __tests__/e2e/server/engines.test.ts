// Runs only when it is named, see scripts/tools/suites.ts.
import { $ } from "../../../scripts/cli/shell";
import type { Examination } from "../../../scripts/doctor/examination";
import type { Stack } from "../../../scripts/stack/stack";
import { jestOptions } from "../../../scripts/tools/suites";
import { runOrFail } from "../../support/commands";
import { docker } from "../support/machines";
import { expectHealthy, isFullRun, pulumiOrFail, startRehearsal } from "../support/rehearsal";

// Debian trixie's engine (Docker 26), set up in images/vps-strict to refuse the clients that Docker 29 refuses (minimum API
// 1.44), with containerd's image store.
const env = { ...process.env, PI_MONITORING_VPS: "trixie" };

let stack: Stack;

beforeAll(async () => {
  // The other engine's containers are not in this one's store.
  await runOrFail("down", [], { env });
  stack = await startRehearsal({ env });
});

afterAll(async () => {
  await runOrFail("down", [], { env });
});

test("the engine is as strict as Docker 29", async () => {
  const format = "{{.Server.Version}} {{.Server.MinAPIVersion}}";
  expect(await docker("version", "--format", format)).toMatch(/^26\.\S+ 1\.44$/);
  expect(await docker("info", "--format", "{{.DriverStatus}}")).toContain("io.containerd.snapshotter.v1");
});

// As many as with --full in doctor.test.ts: a finding that comes and goes shows in one of several.
test("ten examinations find nothing", async () => {
  await expectHealthy(stack);
  for (let run = 0; run < 10; run++) {
    const { stdout } = await runOrFail("doctor", ["--json"], { env });
    expect((JSON.parse(stdout) as Examination).findings).toEqual([]);
  }
});

test("nothing is left to change, also after a refresh", async () => {
  await pulumiOrFail(stack, "up", "--expect-no-changes");
  await pulumiOrFail(stack, "up", "--expect-no-changes", "--refresh");
});

// They bring the rehearsal up on this engine, and take it down.
(isFullRun ? test.each : test.skip.each)(["pipeline", "reliability/backup"])(
  "%s passes",
  async (suite) => {
    const { exitCode, stdall } = await $({
      nothrow: true,
      env,
    })`npx jest ${jestOptions} __tests__/e2e/${suite}.test.ts`;
    process.stdout.write(stdall);
    expect(exitCode).toBe(0);
  },
  3_600_000,
);
