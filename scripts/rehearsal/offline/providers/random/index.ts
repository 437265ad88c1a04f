import { randomInt } from "node:crypto";
import { z } from "zod";
import type { Resource } from "../resource";
import { serveStandIn } from "../serveStandIn";

const characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

const passwordInputs = z.object({
  length: z.number(),
  special: z.literal(false),
  keepers: z.record(z.string(), z.string()).optional(),
});

const password: Resource = {
  inputs: passwordInputs,
  replaces: () => true,
  create: (inputs) => {
    const { length } = passwordInputs.parse(inputs);
    const result = Array.from({ length }, () => characters[randomInt(characters.length)]).join("");
    return Promise.resolve({ id: "none", outputs: { result } });
  },
};

serveStandIn("random", () => ({ "random:index/randomPassword:RandomPassword": password }));
