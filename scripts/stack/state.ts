import { readScriptOutput } from "../../components/server/engine/scriptOutputs";
import { resources as names } from "../../components/server/resourceNames";

/** A resource in the state: the parts that are used here. */
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
  readonly inputs?: object & { readonly name?: string };
  readonly outputs?: object;
  /** When it was made, as ISO 8601. */
  readonly created?: string;
  /** When its state changed last, as ISO 8601. */
  readonly modified?: string;
}

/** The state of a stack, as `pulumi stack export` prints it. */
export interface StackState {
  readonly deployment: {
    readonly resources?: readonly StateResource[];
    /** The operations that an interrupted `up` has begun. */
    readonly pending_operations?: readonly {
      readonly type: string;
      readonly resource: Pick<StateResource, "type" | "inputs">;
    }[];
  };
}

/** The name of a resource in the program: the last part of its URN. */
export function nameOf({ urn }: Pick<StateResource, "urn">): string {
  return urn.replace(/.*::/, "");
}

/**
 * Marks a script in the state as changed, so that the next `up` runs its present `update`, with what it printed last. The
 * text of the mark is only compared, and never run.
 */
export function markToRunAgain<R extends StateResource>(resource: R): R {
  const update = "# again";
  return { ...resource, inputs: { ...resource.inputs, update }, outputs: { ...resource.outputs, update } };
}

/** The key by which Pulumi marks a secret in JSON. Source: `resource.SigKey` in its sdk/go/common/resource/sig. */
const signature = "4dabf18193072939515e22adb298388d";

/** A reviver for `JSON.parse`: replaces the marks of secrets by the secrets, in what `--show-secrets` has exported. */
export function reveal(_key: string, value: unknown): unknown {
  return isSecret(value) ? (JSON.parse(value.plaintext) as unknown) : value;
}

export function isSecret(value: unknown): value is { plaintext: string } {
  return typeof value === "object" && value !== null && signature in value && "plaintext" in value;
}

/** What a script printed when it last ran; nothing if there is no such script, or if it printed nothing. */
export function outputOf(resources: readonly StateResource[], script: string): string | undefined {
  const { outputs = {} } =
    resources.find((each) => nameOf(each) === script && each.type.startsWith("command:")) ?? {};
  return "stdout" in outputs && typeof outputs.stdout === "string" ? outputs.stdout : undefined;
}

/** When InfluxDB was set up, or used for the first time, as ISO 8601; no credential is older. */
export function setUpAt(resources: readonly StateResource[]): string {
  return (
    readScriptOutput("influxdbSetup", "setUpAt", outputOf(resources, names.influxdbSetup)) ||
    readScriptOutput("influxdbConnection", "setUpAt", outputOf(resources, names.influxdbConnection)) ||
    readScriptOutput("influxdbCheck", "setUpAt", outputOf(resources, names.influxdbCheck))
  );
}
