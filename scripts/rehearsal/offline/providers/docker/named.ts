import type Docker from "dockerode";
import { z } from "zod";
import type { Resource } from "../resource";
import { ifFound } from "./engine";

export const labelsSchema = z
  .array(z.strictObject({ label: z.string(), value: z.string() }))
  .transform((labels) => Object.fromEntries(labels.map(({ label, value }) => [label, value])));

const networkInputs = z.object({ name: z.string(), labels: labelsSchema.optional() });
/** The options of a network's driver are not known here: the engine's key for them differs from that of volumes. */
const volumeInputs = networkInputs.extend({ driverOpts: z.record(z.string(), z.string()).optional() });

type Engine = Pick<Docker, "createNetwork" | "getNetwork" | "createVolume" | "getVolume">;

export function networkResource(engine: Engine): Resource {
  return {
    ...namedResource((id) => engine.getNetwork(id)),
    inputs: networkInputs,
    create: async (inputs) => {
      const { name, labels } = networkInputs.parse(inputs);
      return { id: (await engine.createNetwork({ Name: name, Labels: labels, CheckDuplicate: true })).id };
    },
  };
}

export function volumeResource(engine: Engine): Resource {
  return {
    ...namedResource((name) => engine.getVolume(name)),
    inputs: volumeInputs,
    create: async (inputs) => {
      const { name, labels, driverOpts } = volumeInputs.parse(inputs);
      return { id: (await engine.createVolume({ Name: name, Labels: labels, DriverOpts: driverOpts })).name };
    },
  };
}

interface Named {
  inspect(): Promise<unknown>;
  remove(): Promise<unknown>;
}

/** What networks and volumes share: the engine finds them by a name or id, and changes none of their inputs. */
function namedResource(
  find: (id: string) => Named,
): Pick<Resource, "replaces" | "deleteBeforeReplace" | "read" | "delete"> {
  return {
    replaces: () => true,
    // Two of one name cannot be there at the same time.
    deleteBeforeReplace: (changed) => !changed.includes("name"),
    read: async (id) => ((await ifFound(find(id).inspect())) === undefined ? undefined : {}),
    delete: async (id) => {
      await ifFound(find(id).remove());
    },
  };
}
