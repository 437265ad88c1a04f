import type Docker from "dockerode";
import { z } from "zod";
import type { Resource } from "../resource";
import { ifFound } from "./engine";

const imageInputs = z.object({ name: z.string(), keepLocally: z.literal(true) });

/** An image that the engine has: the rehearsal puts it there. */
export function imageResource(docker: Docker): Resource {
  return {
    inputs: imageInputs,
    replaces: (input) => input === "name",
    create: async (inputs) => {
      const { name } = imageInputs.parse(inputs);
      const { Id } = await docker.getImage(name).inspect();
      return { id: Id + name, outputs: { imageId: Id } };
    },
    read: async (_id, state) => {
      const image = await ifFound(docker.getImage(imageInputs.parse(state).name).inspect());
      return image && { imageId: image.Id };
    },
  };
}
