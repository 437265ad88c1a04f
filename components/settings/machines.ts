import { existsSync } from "node:fs";
import { z } from "zod";
import { hostKeyMistake } from "../machine/hostKey";
import { expandHome } from "../machine/ssh";
import { allowedHost, machineHostMistake } from "./address";
import { nodeExporters } from "./exporters";
import { flag, ipv4, label, object, refuseBy, text, wholeNumber } from "./fields";
import { usualPorts } from "./listeners";
import { nodeLabels } from "./nodeLabels";
import { nodeExporterArguments } from "./nodeExporterArguments";

const hostName = z
  .string({ error: `must be ${allowedHost}` })
  .superRefine(refuseBy(machineHostMistake))
  .meta({ allowed: allowedHost });

const userName = text(/^[a-z_][a-z0-9_-]{0,31}$/, "a Linux user name, such as pi");

const hostKey = text(
  /^((ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+={0,2}|unchecked)$/,
  'a public host key without comment, such as "ssh-ed25519 AAAA…" (`npm run trust -- HOST` shows it), ' +
    'or "unchecked" to trust any machine that answers',
)
  .superRefine(refuseBy(hostKeyMistake))
  .describe("By which the machine is known; another one is refused.");

// ssh would put a variable in the place of `${`.
const key = text(
  /^(?!.*\$\{)[^\0\n,]+$/,
  'the path of a private key file without a comma and ${, such as ~/.ssh/id_ed25519, or "agent"',
)
  .refine((path) => path === "agent" || existsSync(expandHome(path)), {
    error: 'there is no such file; give the path of a private key, or "agent"',
  })
  .prefault("~/.ssh/id_ed25519")
  .describe("The private key for the login, or the SSH agent's.");

const sshPort = wholeNumber(1, 65535, "").default(22).describe("Where SSH listens.");

/** Where a daemon on a node listens. Both have no default, as those of one node come before those of all. */
function listener(meaning: string) {
  const address = text(
    new RegExp(`^${ipv4}$`),
    "an IPv4 address of the node, such as 127.0.0.1 or 192.168.1.10",
  );
  return {
    port: wholeNumber(1024, 65535, "").optional().describe(meaning),
    listenAddress: address.optional().describe(meaning),
  };
}

const whereItListens = (daemon: string, port: number): string =>
  `Where ${daemon} listens: the port (${port} unless set) and the only address (all of the node's unless set).`;
export const nodeExporter = {
  ...listener(whereItListens("node_exporter", usualPorts.nodeExporter)),
  arguments: nodeExporterArguments.describe(
    "Arguments of node_exporter besides the program's own. One of these about its file systems takes the place of the program's.",
  ),
};
export const prometheusListener = listener(whereItListens("Prometheus on a master", usualPorts.prometheus));

export const vps = object({
  host: hostName.describe("Where the VPS answers SSH."),
  port: sshPort,
  user: userName.default("root").describe("A user who may use Docker there."),
  key,
  hostKey,
});

const jumpHost = object({
  host: hostName,
  port: sshPort,
  user: userName.default("pi").describe("A user who may log in there; it needs no other rights."),
  key,
  hostKey,
});
export const sshJump = jumpHost
  .optional()
  .describe("The machine through which all nodes are reached by SSH; unset for direct connections.");

/** `resolve` in settings.ts applies what overrides a setting of all nodes. */
const node = object({
  name: text(new RegExp(`^${label}$`), "lower-case letters, digits and hyphens, such as kube-0").describe(
    "Names the node's resources; unique in the stack.",
  ),
  host: hostName.describe(
    "The name by which Prometheus scrapes the node; also its `node_name` in every metric.",
  ),
  sshHost: hostName.optional().describe("Where the node answers SSH, if that is not `host`."),
  sshPort,
  user: userName.default("pi").describe("A user who may use sudo without a password."),
  key,
  hostKey,
  sshJump: jumpHost.optional().describe("Overrides `sshJump` for this node."),
  master: flag.default(false).describe("Whether this node runs Prometheus; it scrapes itself."),
  scrapedBy: z
    .string({ error: "must be the name of a master" })
    .meta({ allowed: "the name of a node with `master: true`" })
    .optional()
    .describe("The name of the master that scrapes this node; needed if there are several."),
  mayBeOff: flag.default(false).describe("Whether no alert fires when this node is silent."),
  labels: nodeLabels,
  nodeExporter: object({
    ...listener("Overrides `nodeExporter` for this node."),
    arguments: nodeExporterArguments.describe(
      "Arguments besides those of all nodes. Of a flag that both have, this one counts.",
    ),
  }).prefault({}),
  prometheus: object(listener("Overrides that of `prometheus` for this node, a master.")).prefault({}),
  exporters: nodeExporters,
});
export type ParsedNode = z.output<typeof node>;

export const nodes = z
  .array(node, { error: "must be a list of nodes, or the path of a YAML file that is one" })
  .min(1, { error: "must be a list of at least one node" });
