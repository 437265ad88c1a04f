import { sleep } from "zx";
import { clearInterruption } from "../stack/interruption";
import type { Stack } from "../stack/stack";
import { type Checkpoint, nameOf, runAgain, type StateResource } from "../stack/state";
import { type Examination, examine } from "./examination";
import { type Finding, lossWindow, type Mend } from "./findings";

/** What `--fix` has tried. */
export interface Attempt {
  readonly mends: readonly Mend[];
  /** Names of resources that the stack does not have, so that they could not be applied again. */
  readonly missing: readonly string[];
  /** Whether Pulumi has failed, and has said why. */
  readonly failed: boolean;
}

/** Applies again what has drifted, and nothing else, and looks once more. What is still there says so. */
export async function mend(stack: Stack, { findings }: Examination): Promise<Examination> {
  const mends = distinct(findings.flatMap((finding) => finding.mends ?? []));
  const attempt: Attempt =
    mends.length > 0 ? await apply(stack, mends) : { mends, missing: [], failed: false };
  // What was lost is counted for as long, and what starts takes its time.
  const patience = Date.now() + (lossWindow(await stack.settings()) + 60) * 1000;
  for (;;) {
    const examination = await examine(stack);
    if (!examination.findings.some(mayPass) || Date.now() > patience) {
      return {
        ...examination,
        findings: examination.findings.map((each) => afterFix(each, attempt, stack.name)),
      };
    }
    await sleep(5000);
  }
}

/** A finding after an attempt: `--fix` is no remedy for what it could not repair. */
export function afterFix({ mends = [], ...finding }: Finding, attempt: Attempt, stack: string): Finding {
  const names = (tried: readonly Mend[]): string => tried.map(({ resource }) => resource).join(", ");
  const tried = mends.filter((each) => attempt.mends.some(({ resource }) => resource === each.resource));
  const missing = tried.filter(({ resource }) => attempt.missing.includes(resource));
  if (tried.length === 0) {
    return mends.length === 0 ? finding : { ...finding, mends };
  }
  if (missing.length > 0) {
    const remedy = `\`npm run deploy -- ${stack}\` makes ${names(missing)}, which the stack does not have`;
    return { ...finding, remedy };
  }
  const reason = attempt.failed ? "what has failed is printed above" : "look there for what undoes it";
  return { ...finding, remedy: `--fix does not repair it, and has applied ${names(tried)} again: ${reason}` };
}

function mayPass({ passes }: Finding): boolean {
  return passes === true;
}

function distinct(mends: readonly Mend[]): Mend[] {
  return [...new Map(mends.map((each) => [`${each.how} ${each.resource}`, each])).values()];
}

/** Applies the resources that have drifted, and no others. */
async function apply(stack: Stack, mends: readonly Mend[]): Promise<Attempt> {
  await clearInterruption(stack);
  const state = JSON.parse(await stack.exportState()) as Checkpoint;
  const resources = state.deployment.resources ?? [];
  const urns = (how: Mend["how"]): string[] =>
    mends.filter((each) => each.how === how).flatMap(({ resource }) => urnsOf(resources, resource));

  const missing = mends
    .map(({ resource }) => resource)
    .filter((name) => urnsOf(resources, name).length === 0);
  let succeeded = true;

  // Pulumi looks at no script again: its resource has nothing that could be read.
  const scripts = urns("run");
  if (scripts.length > 0) {
    const marked = resources.map((each) => (scripts.includes(each.urn) ? runAgain(each) : each));
    await stack.importState({ ...state, deployment: { ...state.deployment, resources: marked } });
  }
  // By itself: with dependents, `up --refresh` fails for want of a provider that it has not loaded.
  const lost = urns("refresh");
  if (lost.length > 0) {
    succeeded = await pulumi(stack, "refresh", ...lost.flatMap((urn) => ["--target", urn]));
  }
  const replaced = urns("replace");
  const targets = [...scripts, ...lost, ...replaced];
  // Without a target, `up` would do everything; a node that was never deployed has none.
  if (targets.length > 0) {
    const isUp = await pulumi(
      stack,
      "up",
      "--continue-on-error",
      ...targets.flatMap((urn) => ["--target", urn]),
      ...replaced.flatMap((urn) => ["--replace", urn]),
      // Who uses a new token.
      "--target-dependents",
    );
    succeeded &&= isUp;
  }
  return { mends, missing, failed: !succeeded };
}

/** Whether it has succeeded. */
async function pulumi(
  stack: Stack,
  command: "refresh" | "up",
  ...options: readonly string[]
): Promise<boolean> {
  const agreed = ["--yes", "--skip-preview", "--non-interactive"];
  const { exitCode, output } = await stack.capture(command, ...agreed, ...options);
  // What could not be mended is found again; the reason is here.
  if (exitCode !== 0) {
    console.error(output.trim());
  }
  return exitCode === 0;
}

function urnsOf(resources: readonly StateResource[], name: string): string[] {
  // A component may have the name of what it is made of.
  return resources
    .filter(
      (each) => nameOf(each) === name && !each.type.startsWith("pi-monitoring:") && each.delete !== true,
    )
    .map(({ urn }) => urn);
}
