import { sleep } from "zx";
import { clearInterruption } from "../stack/interruption";
import type { Stack } from "../stack/stack";
import { type Checkpoint, nameOf, runAgain, type StateResource } from "../stack/state";
import { type Examination, examine } from "./examination";
import { type Finding, lossWindow, type Mend } from "./findings";

/** Applies again what has drifted, and nothing else, and looks once more. */
export async function mend(stack: Stack, { findings }: Examination): Promise<Examination> {
  const mends = distinct(findings.flatMap((finding) => finding.mends ?? []));
  if (mends.length > 0) {
    await apply(stack, mends);
  }
  // What was lost is counted for as long, and what starts takes its time.
  const patience = Date.now() + (lossWindow(await stack.settings()) + 60) * 1000;
  for (;;) {
    const examination = await examine(stack);
    if (!examination.findings.some(mayPass) || Date.now() > patience) {
      return examination;
    }
    await sleep(5000);
  }
}

function mayPass({ passes }: Finding): boolean {
  return passes === true;
}

function distinct(mends: readonly Mend[]): Mend[] {
  return [...new Map(mends.map((each) => [`${each.how} ${each.resource}`, each])).values()];
}

/** Applies the resources that have drifted, and no others. */
async function apply(stack: Stack, mends: readonly Mend[]): Promise<void> {
  await clearInterruption(stack);
  const state = JSON.parse(await stack.exportState()) as Checkpoint;
  const resources = state.deployment.resources ?? [];
  const urns = (how: Mend["how"]): string[] =>
    mends.filter((each) => each.how === how).flatMap(({ resource }) => urnsOf(resources, resource));

  // Pulumi looks at no script again: its resource has nothing that could be read.
  const scripts = urns("run");
  if (scripts.length > 0) {
    const marked = resources.map((each) => (scripts.includes(each.urn) ? runAgain(each) : each));
    await stack.importState({ ...state, deployment: { ...state.deployment, resources: marked } });
  }
  // By itself: with dependents, `up --refresh` fails for want of a provider that it has not loaded.
  const lost = urns("refresh");
  if (lost.length > 0) {
    await pulumi(stack, "refresh", ...lost.flatMap((urn) => ["--target", urn]));
  }
  const replaced = urns("replace");
  const targets = [...scripts, ...lost, ...replaced];
  // Without a target, `up` would do everything; a node that was never deployed has none.
  if (targets.length > 0) {
    await pulumi(
      stack,
      "up",
      "--continue-on-error",
      ...targets.flatMap((urn) => ["--target", urn]),
      ...replaced.flatMap((urn) => ["--replace", urn]),
      // Who uses a new token.
      "--target-dependents",
    );
  }
}

async function pulumi(stack: Stack, command: "refresh" | "up", ...options: readonly string[]): Promise<void> {
  const agreed = ["--yes", "--skip-preview", "--non-interactive"];
  const { exitCode, output } = await stack.capture(command, ...agreed, ...options);
  // What could not be mended is found again; the reason is here.
  if (exitCode !== 0) {
    console.error(output.trim());
  }
}

function urnsOf(resources: readonly StateResource[], name: string): string[] {
  // A component may have the name of what it is made of.
  return resources
    .filter(
      (each) => nameOf(each) === name && !each.type.startsWith("pi-monitoring:") && each.delete !== true,
    )
    .map(({ urn }) => urn);
}
