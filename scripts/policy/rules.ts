import { z } from "zod";
import { stackLabelName } from "../../components/server/engine/serverContainer";
import { containers } from "../../components/server/resourceNames";
import { pinnedImage } from "../../components/settings/schema";

/** The exceptions that the settings of a stack make. */
export interface Exceptions {
  /** The addresses of the machines whose `hostKey` is `unchecked`. */
  readonly uncheckedHosts: readonly string[];
}

type Inputs = Readonly<Record<string, unknown>>;

/** A rule for resources as the program declares them. */
export interface Rule {
  readonly name: string;
  /** What must hold, and so how to fix a violation. It never quotes an input, which may be a secret. */
  readonly demand: string;
  /** The type of the resources that it applies to. */
  readonly type: string;
  readonly holds: (inputs: Inputs, exceptions: Exceptions) => boolean;
}

function fits(shape: z.core.$ZodLooseShape): (inputs: Inputs) => boolean {
  const schema = z.object(shape);
  return (inputs) => schema.safeParse(inputs).success;
}

const container = "docker:index/container:Container";
const remoteImage = "docker:index/remoteImage:RemoteImage";
const remoteCommand = "command:remote:Command";

/** A variable that holds a secret, such as `DB_PASSWORD=hunter2`; `DB_PASSWORD_FILE=/run/secret` names a file with it. */
const secretVariable =
  /^[^=]*(PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIAL|API_?KEY|PRIVATE_?KEY)(?![^=]*_FILE=)[^=]*=./i;

/** A variable that Grafana reads from a file, such as `GF_SMTP_PASSWORD=$__file{/run/secret}`. */
const namesSecretFile = /^[A-Z_]+=\$__file\{\/[^{}$]+\}$/;

/** Such as `sudo -n timeout 900 sh -s -- apply`. */
const boundedCommand = z
  .string()
  .regex(/^(sudo -n )?timeout \d+ /)
  .optional();

const hasNoHostPorts = fits({
  ports: z.array(z.object({ ip: z.literal("127.0.0.1") })).optional(),
  publishAllPorts: z.literal(false).optional(),
  networkMode: z
    .string()
    .regex(/^(?!host$)/)
    .optional(),
});

/** Checked in a preview only: a deploy does not apply them. */
export const rules: readonly Rule[] = [
  {
    name: "only-the-portal-has-host-ports",
    demand:
      "only https-portal may have ports on the host, or the host's network; others may have ports of 127.0.0.1",
    type: container,
    holds: (inputs) => inputs["name"] === containers.httpsPortal || hasNoHostPorts(inputs),
  },
  {
    name: "image-is-pinned",
    demand: "the image must have a tag other than latest, or a digest",
    type: remoteImage,
    holds: fits({ name: z.string().regex(pinnedImage) }),
  },
  {
    name: "container-image-is-pinned",
    demand: "the image must be a RemoteImage's imageId, or have a tag other than latest, or a digest",
    type: container,
    holds: fits({ image: z.union([z.string().startsWith("sha256:"), z.string().regex(pinnedImage)]) }),
  },
  {
    name: "container-restarts",
    demand: "restart must be unless-stopped or always, as the server reboots now and then",
    type: container,
    holds: fits({ restart: z.enum(["unless-stopped", "always"]) }),
  },
  {
    name: "container-has-health-check",
    demand:
      "healthcheck must have a test, by which the next container and doctor see that this one is healthy",
    type: container,
    holds: fits({
      healthcheck: z.object({ tests: z.tuple([z.enum(["CMD", "CMD-SHELL"]), z.string()], z.string()) }),
    }),
  },
  {
    name: "container-has-memory-limit",
    demand: "memory must have a limit in megabytes, so that one container cannot take the server down",
    type: container,
    holds: fits({ memory: z.number().positive() }),
  },
  {
    name: "container-has-label",
    demand: `labels must have ${stackLabelName} with the stack's name, by which its containers are found`,
    type: container,
    holds: fits({
      labels: z
        .array(z.object({ label: z.string(), value: z.string() }))
        .refine((labels) => labels.some(({ label, value }) => label === stackLabelName && value !== "")),
    }),
  },
  {
    name: "no-secret-in-env",
    demand: "envs must hold no secret, as docker inspect shows them: upload a file instead",
    type: container,
    holds: fits({
      envs: z
        .array(z.string().refine((each) => !secretVariable.test(each) || namesSecretFile.test(each)))
        .optional(),
    }),
  },
  {
    name: "ssh-command-has-time-limit",
    demand:
      "every command must begin with timeout SECONDS, as a machine that hangs would hold the deployment up",
    type: remoteCommand,
    holds: fits({ create: boundedCommand, update: boundedCommand, delete: boundedCommand }),
  },
  {
    name: "ssh-command-has-host-key",
    demand:
      'connection and its proxy must have the hostKey of the machine, unless the settings say "unchecked" for it',
    type: remoteCommand,
    holds: (inputs, { uncheckedHosts }) => {
      const isChecked = z.union([
        z.object({ hostKey: z.string().min(1) }),
        z.object({ host: z.enum(uncheckedHosts) }),
      ]);
      return fits({ connection: isChecked.and(z.object({ proxy: isChecked.optional() })) })(inputs);
    },
  },
];
