import type { z } from "zod";

/** Inputs, or inputs and outputs together, as they come from the engine. */
export type Properties = Readonly<Record<string, unknown>>;

/** What the engine knows of a resource while it works on it. */
export interface Context {
  readonly name: string;
  /** Shows a line beside the resource. */
  readonly log: (line: string) => void;
}

/** A type of resource. */
export interface Resource {
  /** The inputs that it takes. Any other is refused: a stand-in that ignored it would prove the wrong thing. */
  readonly inputs: z.ZodObject;
  /** Whether another value of this input needs another resource. */
  readonly replaces: (input: string) => boolean;
  /** Whether the old resource is deleted before the new one is created. */
  readonly deleteBeforeReplace?: (changed: readonly string[]) => boolean;
  readonly create: (inputs: Properties, context: Context) => Promise<{ id: string; outputs?: Properties }>;
  /** Returns what differs from the state, or undefined if the resource is gone. */
  readonly read?: (id: string, state: Properties) => Promise<Properties | undefined>;
  /** Returns the outputs. */
  readonly update?: (
    id: string,
    state: Properties,
    inputs: Properties,
    context: Context,
  ) => Promise<Properties>;
  readonly delete?: (id: string, state: Properties, context: Context) => Promise<void>;
}
