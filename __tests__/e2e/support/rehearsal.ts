import { examine } from "../../../scripts/doctor/examination";
import type { Preparation } from "../../../scripts/cli/progress";
import { rehearsalStack } from "../../../scripts/rehearsal/instance";
import { openStack } from "../../../scripts/rehearsal/openStack";
import type { Captured, Stack } from "../../../scripts/stack/stack";
import { expectSuccess, runOrFail, type Run } from "../../support/commands";
import { eventually } from "../../support/eventually";

/** Whether faults last as long and come as often as docs/reliability.md says: `npm run e2e -- ... --full`. */
export const isFullRun = process.env["PI_MONITORING_FULL"] === "true";

/** For functions that prepare parts of the rehearsal: they print nothing and may do everything. */
export const preparation: Preparation = { report: () => undefined, confirm: () => Promise.resolve(true) };

/** Brings the rehearsal up by `npm start`, which resets its settings to those of Pulumi.dev.yaml. */
export async function startRehearsal(options: { readonly env?: NodeJS.ProcessEnv } = {}): Promise<Stack> {
  await runOrFail("start", ["--yes"], options);
  return openStack(rehearsalStack);
}

/** `npm run deploy`, which must succeed. */
export async function deploy(...options: readonly string[]): Promise<Run> {
  return runOrFail("deploy", [rehearsalStack, "--yes", ...options]);
}

/** Runs `pulumi up`, `refresh` or `destroy` without a question, whatever its exit code. */
export async function pulumi(stack: Stack, ...words: readonly string[]): Promise<Captured> {
  return stack.capture(...words, "--yes", "--non-interactive", "--skip-preview");
}

/** Runs `pulumi up`, `refresh` or `destroy` without a question; it must succeed. */
export async function pulumiOrFail(stack: Stack, ...words: readonly string[]): Promise<void> {
  expectSuccess(await pulumi(stack, ...words));
}

/** Waits until doctor finds nothing: a node that has just been set up may be some seconds behind the others. */
export async function expectHealthy(stack: Stack, seconds = 120): Promise<void> {
  // In this process: `npm run doctor` takes seconds to start.
  await eventually("a healthy system", seconds, async () => {
    expect((await examine(stack)).findings).toEqual([]);
  });
}

/** The time 12 hours from now, as `backup.at` takes it: no backup starts during a suite. */
export function farAwayTime(): string {
  return new Date(Date.now() + 12 * 3_600_000).toISOString().slice(11, 16);
}
