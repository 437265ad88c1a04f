import { z } from "zod";
import { stackLabelName } from "../../components/server/engine/serverContainer";
import { pinnedImage } from "../../components/settings/schema";

/** A resource as the program declares it. */
export interface Declared {
  readonly type: string;
  readonly name: string;
  /** A recorded secret is `{ secret: VALUE }`; the engine hands a policy pack plain values. */
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** What a stack's settings allow explicitly. */
export interface Allowances {
  /** The addresses of the machines whose `hostKey` is `unchecked`. */
  readonly uncheckedHosts: readonly string[];
}

export interface Rule {
  readonly name: string;
  /** What must hold, and so how to fix a violation. It never quotes an input, which may be a secret. */
  readonly demand: string;
  /** The type of the resources that it applies to. */
  readonly type: string;
  readonly holds: (inputs: Declared["inputs"], allowances: Allowances) => boolean;
}

const container = "docker:index/container:Container";
const remoteImage = "docker:index/remoteImage:RemoteImage";
const remoteCommand = "command:remote:Command";

/** Names of variables that hold secrets; `…_FILE` names a file with the secret. */
const secretVariable =
  /^[^=]*(PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIAL|API_?KEY|PRIVATE_?KEY)(?!.*_FILE=)[^=]*=./i;

/** A variable that Grafana reads from a file. */
const namesFile = /^[A-Z_]+=\$__file\{\/[^{}$]+\}$/;

const boundedCommand = /^(sudo -n )?timeout \d+ /;

export const rules: readonly Rule[] = [
  {
    name: "only-the-portal-has-host-ports",
    demand:
      "only https-portal may have ports on the host, or the host's network; others may have ports of 127.0.0.1",
    type: container,
    holds: (inputs) =>
      inputs["name"] === "https-portal" ||
      fits(inputs, {
        ports: z.array(z.object({ ip: z.literal("127.0.0.1") })).optional(),
        publishAllPorts: z.literal(false).optional(),
        networkMode: z
          .string()
          .regex(/^(?!host$)/)
          .optional(),
      }),
  },
  {
    name: "image-is-pinned",
    demand: "the image must have a tag other than latest, or a digest",
    type: remoteImage,
    holds: (inputs) => fits(inputs, { name: z.string().regex(pinnedImage) }),
  },
  {
    name: "container-image-is-pinned",
    demand: "the image must be a RemoteImage's imageId, or have a tag other than latest, or a digest",
    type: container,
    holds: (inputs) =>
      fits(inputs, { image: z.union([z.string().startsWith("sha256:"), z.string().regex(pinnedImage)]) }),
  },
  {
    name: "container-restarts",
    demand: "restart must be unless-stopped or always, as the server reboots now and then",
    type: container,
    holds: (inputs) => fits(inputs, { restart: z.enum(["unless-stopped", "always"]) }),
  },
  {
    name: "container-has-health-check",
    demand:
      "healthcheck must have a test, by which the next container and doctor see that this one is healthy",
    type: container,
    holds: (inputs) =>
      fits(inputs, {
        healthcheck: z.object({ tests: z.tuple([z.enum(["CMD", "CMD-SHELL"]), z.string()], z.string()) }),
      }),
  },
  {
    name: "container-has-memory-limit",
    demand: "memory must have a limit in megabytes, so that one container cannot take the server down",
    type: container,
    holds: (inputs) => fits(inputs, { memory: z.number().positive() }),
  },
  {
    name: "container-has-label",
    demand: `labels must have ${stackLabelName} with the stack's name, by which its containers are found`,
    type: container,
    holds: (inputs) =>
      fits(inputs, {
        labels: z
          .array(z.object({ label: z.string(), value: z.string() }))
          .refine((labels) => labels.some(({ label, value }) => label === stackLabelName && value !== "")),
      }),
  },
  {
    name: "no-secret-in-env",
    demand: "envs must hold no secret, as docker inspect shows them: upload a file instead",
    type: container,
    holds: (inputs) =>
      fits(inputs, {
        envs: z
          .array(z.string().refine((variable) => !secretVariable.test(variable) || namesFile.test(variable)))
          .optional(),
      }),
  },
  {
    name: "node-command-has-time-limit",
    demand:
      "every command must begin with timeout SECONDS, as a node that hangs would hold the deployment up",
    type: remoteCommand,
    holds: (inputs) => {
      const bounded = z.string().regex(boundedCommand).optional();
      return fits(inputs, { create: bounded, update: bounded, delete: bounded });
    },
  },
  {
    name: "node-command-has-host-key",
    demand: 'connection must have the hostKey of the machine, unless the settings say "unchecked" for it',
    type: remoteCommand,
    holds: (inputs, { uncheckedHosts }) => {
      const connection = z.union([
        z.object({ hostKey: z.string().min(1) }),
        z.object({ host: z.string().refine((host) => uncheckedHosts.includes(host)) }),
      ]);
      return fits(inputs, { connection: z.union([connection, z.object({ secret: connection })]) });
    },
  },
];

/** One line for each rule that a resource violates: the rule's name, the resource's name, and what must hold. */
export function violations(resources: readonly Declared[], allowances: Allowances): string[] {
  return resources.flatMap(({ type, name, inputs }) =>
    rules
      .filter((rule) => rule.type === type && !rule.holds(inputs, allowances))
      .map((rule) => `${rule.name}: ${name}: ${rule.demand}`),
  );
}

function fits(inputs: Declared["inputs"], shape: z.core.$ZodLooseShape): boolean {
  return z.object(shape).safeParse(inputs).success;
}
