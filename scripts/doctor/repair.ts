import { sleep } from "zx";
import { clearInterruption } from "../stack/interruption";
import type { Stack } from "../stack/stack";
import { markToRunAgain, nameOf, type StateResource } from "../stack/state";
import { type Examination, examineLoaded } from "./examination";
import type { Finding, Repair } from "./findings";
import { lossSeconds } from "./sampleLimits";

/** The result of applying resources again. */
export interface Attempt {
  readonly repairs: readonly Repair[];
  /** Names of resources that the stack does not have, and that could not be applied. */
  readonly missing: readonly string[];
  /** Whether Pulumi has failed, and has printed why. */
  readonly failed: boolean;
}

/**
 * Applies again what has drifted, and nothing else, and examines the stack again. Findings that remain say so. Each
 * inspection chooses the repairs of its findings.
 */
export async function repair(stack: Stack, { findings }: Examination): Promise<Examination> {
  const repairs = distinct(findings.flatMap((finding) => finding.repairs ?? []));
  const attempt: Attempt =
    repairs.length > 0 ? await apply(stack, repairs) : { repairs, missing: [], failed: false };
  const loaded = await stack.load();
  // Losses are counted over this window, and a minute is for the start of containers and daemons.
  const deadline = Date.now() + (lossSeconds(loaded.settings) + 60) * 1000;
  for (;;) {
    const examination = await examineLoaded(loaded);
    if (!examination.findings.some(({ mayPassByItself }) => mayPassByItself) || Date.now() > deadline) {
      return {
        ...examination,
        findings: examination.findings.map((each) => afterFix(each, attempt, stack.name)),
      };
    }
    await sleep(5000);
  }
}

/** A finding after an attempt to repair it: its remedy is no longer `--fix`. */
export function afterFix(finding: Finding, attempt: Attempt, stack: string): Finding {
  const { repairs = [], ...rest } = finding;
  const names = (tried: readonly Repair[]): string => tried.map(({ resource }) => resource).join(", ");
  const tried = repairs.filter((each) => attempt.repairs.some(({ resource }) => resource === each.resource));
  if (tried.length === 0) {
    return finding;
  }
  const missing = tried.filter(({ resource }) => attempt.missing.includes(resource));
  if (missing.length > 0) {
    const remedy = `\`npm run deploy -- ${stack}\` makes ${names(missing)}, which the stack does not have`;
    return { ...rest, remedy };
  }
  const reason = attempt.failed ? "what has failed is printed above" : "something there undoes it";
  return { ...rest, remedy: `--fix does not repair it, and has applied ${names(tried)} again: ${reason}` };
}

function distinct(repairs: readonly Repair[]): Repair[] {
  return [...new Map(repairs.map((each) => [`${each.how} ${each.resource}`, each])).values()];
}

/** Applies the resources that have drifted, and no others. */
async function apply(stack: Stack, repairs: readonly Repair[]): Promise<Attempt> {
  await clearInterruption(stack);
  const state = await stack.readState();
  const resources = state.deployment.resources ?? [];
  const known = repairs.map((each) => ({ ...each, urns: urnsOf(resources, each.resource) }));
  const urnsTo = (how: Repair["how"]): string[] =>
    known.filter((each) => each.how === how).flatMap(({ urns }) => urns);

  // `refresh` cannot read what a script has done, so that `up` must run it again.
  const scripts = urnsTo("run");
  if (scripts.length > 0) {
    const marked = resources.map((each) => (scripts.includes(each.urn) ? markToRunAgain(each) : each));
    await stack.importState({ ...state, deployment: { ...state.deployment, resources: marked } });
  }
  // A command of its own: with dependents, `up --refresh` fails as it has not loaded their provider.
  const lost = urnsTo("refresh");
  const isRefreshed = lost.length === 0 || (await succeeds(stack, "refresh", ...targets(lost)));
  const replaced = urnsTo("replace");
  const changed = [...scripts, ...lost, ...replaced];
  const options = [
    "--continue-on-error",
    ...targets(changed),
    ...replaced.flatMap((urn) => ["--replace", urn]),
    // The users of a new token.
    "--target-dependents",
  ];
  // Without a target, `up` would apply everything; a node that was never deployed has none.
  const isUp = changed.length === 0 || (await succeeds(stack, "up", ...options));
  return {
    repairs,
    missing: known.filter(({ urns }) => urns.length === 0).map(({ resource }) => resource),
    failed: !isRefreshed || !isUp,
  };
}

function targets(urns: readonly string[]): string[] {
  return urns.flatMap((urn) => ["--target", urn]);
}

/** Whether `pulumi` succeeds. */
async function succeeds(stack: Stack, ...words: readonly string[]): Promise<boolean> {
  const { exitCode, output } = await stack.capture(...words, "--yes", "--skip-preview", "--non-interactive");
  // The next examination finds what could not be repaired; the reason is here.
  if (exitCode !== 0) {
    console.error(output.trim());
  }
  return exitCode === 0;
}

function urnsOf(resources: readonly StateResource[], name: string): string[] {
  // A component may have the name of one of its children.
  return resources
    .filter((each) => nameOf(each) === name && !each.type.startsWith("pi-monitoring:") && !each.delete)
    .map(({ urn }) => urn);
}
