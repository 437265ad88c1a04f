import { sleep } from "zx";
import { clearInterruption } from "../stack/interruption";
import type { Stack } from "../stack/stack";
import { nameOf, runAgain, type StateResource } from "../stack/state";
import { type Examination, examineLoaded } from "./examination";
import { type Finding, lossWindow, type Repair } from "./findings";

/** The result of applying resources again. */
export interface Attempt {
  readonly repairs: readonly Repair[];
  /** Names of resources that the stack does not have, and that could not be applied. */
  readonly missing: readonly string[];
  /** Whether Pulumi has failed, and has printed why. */
  readonly failed: boolean;
}

/** Applies again what has drifted, and nothing else, and examines the stack again. Findings that remain say so. */
export async function repair(stack: Stack, { findings }: Examination): Promise<Examination> {
  const repairs = distinct(findings.flatMap((finding) => finding.mends ?? []));
  const attempt: Attempt =
    repairs.length > 0 ? await apply(stack, repairs) : { repairs, missing: [], failed: false };
  const loaded = await stack.load();
  // Losses are counted over this window, and a minute is for the start of containers and daemons.
  const deadline = Date.now() + (lossWindow(loaded.settings) + 60) * 1000;
  for (;;) {
    const examination = await examineLoaded(loaded);
    if (!examination.findings.some(mayPass) || Date.now() > deadline) {
      return {
        ...examination,
        findings: examination.findings.map((each) => afterFix(each, attempt, stack.name)),
      };
    }
    await sleep(5000);
  }
}

/** A finding after an attempt to repair it: its remedy is no longer `--fix`. */
export function afterFix({ mends = [], ...finding }: Finding, attempt: Attempt, stack: string): Finding {
  const names = (tried: readonly Repair[]): string => tried.map(({ resource }) => resource).join(", ");
  const tried = mends.filter((each) => attempt.repairs.some(({ resource }) => resource === each.resource));
  const missing = tried.filter(({ resource }) => attempt.missing.includes(resource));
  if (tried.length === 0) {
    return mends.length === 0 ? finding : { ...finding, mends };
  }
  if (missing.length > 0) {
    const remedy = `\`npm run deploy -- ${stack}\` makes ${names(missing)}, which the stack does not have`;
    return { ...finding, remedy };
  }
  const reason = attempt.failed ? "what has failed is printed above" : "something there undoes it";
  return { ...finding, remedy: `--fix does not repair it, and has applied ${names(tried)} again: ${reason}` };
}

function mayPass({ passes }: Finding): boolean {
  return passes === true;
}

function distinct(repairs: readonly Repair[]): Repair[] {
  return [...new Map(repairs.map((each) => [`${each.how} ${each.resource}`, each])).values()];
}

/** Applies the resources that have drifted, and no others. */
async function apply(stack: Stack, repairs: readonly Repair[]): Promise<Attempt> {
  await clearInterruption(stack);
  const state = await stack.checkpoint();
  const resources = state.deployment.resources ?? [];
  const urns = (how: Repair["how"]): string[] =>
    repairs.filter((each) => each.how === how).flatMap(({ resource }) => urnsOf(resources, resource));

  const missing = repairs
    .map(({ resource }) => resource)
    .filter((name) => urnsOf(resources, name).length === 0);
  let succeeded = true;

  // `refresh` cannot read what a script has done, so that `up` must run it again.
  const scripts = urns("run");
  if (scripts.length > 0) {
    const marked = resources.map((each) => (scripts.includes(each.urn) ? runAgain(each) : each));
    await stack.importState({ ...state, deployment: { ...state.deployment, resources: marked } });
  }
  // A command of its own: with dependents, `up --refresh` fails as it has not loaded their provider.
  const lost = urns("refresh");
  if (lost.length > 0) {
    succeeded = await pulumi(stack, "refresh", ...lost.flatMap((urn) => ["--target", urn]));
  }
  const replaced = urns("replace");
  const targets = [...scripts, ...lost, ...replaced];
  // Without a target, `up` would apply everything; a node that was never deployed has none.
  if (targets.length > 0) {
    const isUp = await pulumi(
      stack,
      "up",
      "--continue-on-error",
      ...targets.flatMap((urn) => ["--target", urn]),
      ...replaced.flatMap((urn) => ["--replace", urn]),
      // The users of a new token.
      "--target-dependents",
    );
    succeeded &&= isUp;
  }
  return { repairs, missing, failed: !succeeded };
}

/** Whether `pulumi` has succeeded. */
async function pulumi(
  stack: Stack,
  command: "refresh" | "up",
  ...options: readonly string[]
): Promise<boolean> {
  const agreed = ["--yes", "--skip-preview", "--non-interactive"];
  const { exitCode, output } = await stack.capture(command, ...agreed, ...options);
  // The next examination finds what could not be repaired; the reason is here.
  if (exitCode !== 0) {
    console.error(output.trim());
  }
  return exitCode === 0;
}

function urnsOf(resources: readonly StateResource[], name: string): string[] {
  // A component may have the name of one of its children.
  return resources
    .filter(
      (each) => nameOf(each) === name && !each.type.startsWith("pi-monitoring:") && each.delete !== true,
    )
    .map(({ urn }) => urn);
}
