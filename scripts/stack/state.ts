/** A resource in the state, as far as anybody here looks at it. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  /** Whether it was replaced and waits to be deleted. */
  readonly delete?: boolean;
  readonly parent?: string;
  /** `URN::ID` of its provider. */
  readonly provider?: string;
  readonly dependencies?: readonly string[];
  readonly propertyDependencies?: Readonly<Record<string, readonly string[]>>;
  readonly deletedWith?: string;
  readonly inputs?: object;
  readonly outputs?: object;
}

/** What `pulumi stack export` gives. */
export interface Checkpoint {
  readonly deployment: {
    readonly resources?: readonly StateResource[];
    readonly pending_operations?: readonly unknown[];
  };
}

/** The last part of a URN. */
export function nameOf({ urn }: Pick<StateResource, "urn">): string {
  return urn.replace(/.*::/, "");
}

/**
 * Makes the next `up` run a script again, by the way it runs one that has changed: what it printed last, it is told.
 * The old `update` is the one input that nothing but the comparison with the new one reads.
 */
export function runAgain<R extends StateResource>(resource: R): R {
  const update = "# again";
  return { ...resource, inputs: { ...resource.inputs, update }, outputs: { ...resource.outputs, update } };
}

/** By this key Pulumi marks a secret in JSON. Source: `resource.SigKey` in its sdk/go/common/resource/sig. */
const signature = "4dabf18193072939515e22adb298388d";

/** Puts secrets that were exported with `--show-secrets` in the place of what marks them. */
export function reveal(_key: string, value: unknown): unknown {
  return isSecret(value) ? (JSON.parse(value.plaintext) as unknown) : value;
}

export function isSecret(value: unknown): value is { plaintext: string } {
  return typeof value === "object" && value !== null && signature in value && "plaintext" in value;
}

/** A line that a script has printed when it ran last; empty if it has not. */
export function printedBy(resources: readonly StateResource[], script: string, line: number): string {
  const outputs = resources.find(
    (each) => nameOf(each) === script && each.type.startsWith("command:"),
  )?.outputs;
  const stdout = outputs !== undefined && "stdout" in outputs ? String(outputs.stdout) : "";
  return stdout.split("\n")[line] ?? "";
}
