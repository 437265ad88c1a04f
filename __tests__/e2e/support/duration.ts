import { $ } from "../../../scripts/cli/shell";
import type { Captured, Stack } from "../../../scripts/stack/stack";
import { expectSuccess } from "../../support/commands";

/** Seconds that Node takes to load Pulumi's SDK on the machine on which the suites' limits of seconds were set. */
const usualLoad = 0.6;

/**
 * How many times longer this machine takes than that one; 1 if it is faster. It is the best of three tries, as other work on
 * the machine only makes a try slower.
 */
export async function slowness(): Promise<number> {
  const loads: number[] = [];
  for (let load = 0; load < 3; load++) {
    const begin = Date.now();
    await $`node -e ${'require("@pulumi/pulumi")'}`;
    loads.push((Date.now() - begin) / 1000);
  }
  return Math.max(1, Math.min(...loads) / usualLoad);
}

/**
 * Runs `pulumi up` three times, previews included. None may change anything, and the fastest must take less than 12 s on a
 * machine of the usual speed.
 */
export async function expectUnchangedUp(stack: Stack): Promise<readonly Captured[]> {
  const runs: Captured[] = [];
  const durations: number[] = [];
  for (let time = 0; time < 3; time++) {
    const begin = Date.now();
    const run = await stack.capture("up", "--yes", "--non-interactive", "--expect-no-changes");
    expectSuccess(run);
    runs.push(run);
    durations.push((Date.now() - begin) / 1000);
  }
  console.log(
    `unchanged pulumi up, preview included: ${durations.map((each) => each.toFixed(1)).join(", ")} s`,
  );
  expect(Math.min(...durations)).toBeLessThan(12 * (await slowness()));
  return runs;
}
