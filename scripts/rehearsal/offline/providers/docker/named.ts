import { z } from "zod";
import type { Resource } from "../resource";
import { ifFound } from "./engine";

export const labelsSchema = z
  .array(z.strictObject({ label: z.string(), value: z.string() }))
  .transform((labels) => Object.fromEntries(labels.map(({ label, value }) => [label, value])));

interface Thing {
  readonly Name: string;
  readonly Labels: Record<string, string> | undefined;
  /** Of volumes only. */
  readonly DriverOpts: Record<string, string> | undefined;
}

interface Named {
  inspect(): Promise<unknown>;
  remove(): Promise<unknown>;
}

/**
 * A thing of the engine that is no more than a name and labels.
 *
 * @param create returns its id
 */
export function namedResource(
  create: (thing: Thing) => Promise<string>,
  find: (id: string) => Named,
): Resource {
  const inputsSchema = z.object({
    name: z.string(),
    labels: labelsSchema.optional(),
    driverOpts: z.record(z.string(), z.string()).optional(),
  });
  return {
    inputs: inputsSchema,
    replaces: () => true,
    // Two of one name cannot be there at the same time.
    deleteBeforeReplace: (changed) => !changed.includes("name"),
    create: async (inputs) => {
      const { name, labels, driverOpts } = inputsSchema.parse(inputs);
      return { id: await create({ Name: name, Labels: labels, DriverOpts: driverOpts }) };
    },
    read: async (id) => ((await ifFound(find(id).inspect())) === undefined ? undefined : {}),
    delete: async (id) => {
      await ifFound(find(id).remove());
    },
  };
}
