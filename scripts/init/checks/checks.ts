import { isIP } from "node:net";
import type { Vps } from "../../../components/settings/settings";
import type { SshMachine } from "../../../components/machine/ssh";
import { trustedHostKey, typeOf } from "../../remote/hostKeys";
import { Server, ServerError } from "../../remote/server";
import { readPortOwners } from "../../remote/serverPorts";
import { UserError } from "../../cli/command";
import type { Address } from "../address";
import { addressesOf, namesOf, wrongRecords } from "../../remote/domainNames";
import { describeExisting, findExisting, type Existing } from "./adoption";
import { findFront, frontDoubts } from "./front";
import { describeOthers, portDoubts, portsOf, proposePorts, type PortProposal } from "./freePorts";
import type { Doubt, Verdict } from "../interview";
import { keyMistake } from "../machine/login";
import { readMachineFacts, type Daemon, type MachineFacts } from "../machine/machineFacts";
import { nodeMistakes, serverMistakes } from "./requirements";
import { mistakesIn } from "../settingsFile";

/** A machine that shows a host key that somebody has agreed to. */
export interface Identified {
  readonly address: Address;
  readonly hostKey: string;
}

/** A node by its settings. */
export interface Node extends SshMachine {
  readonly name: string;
  /** Of the daemons whose usual port is taken there. */
  readonly ports: Partial<Record<Daemon, number>>;
}

/** Where alerts are mailed to, and through which server. */
export interface Email {
  readonly to: string;
  /** The SMTP server and its port. */
  readonly host: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

// Stands in while the real one is not known.
const [anyKey, anyHostKey] = ["agent", "unchecked"];

export function checkDomain(domain: string): Promise<Verdict<string>> {
  const mistakes = mistakesIn({ domain });
  return Promise.resolve(mistakes.length > 0 ? { mistakes } : { result: domain });
}

/** @param domain is nothing if it is wrong itself */
export async function checkVps(address: Address, domain: string | undefined): Promise<Verdict<Identified>> {
  const mistakes = mistakesIn({ vps: { ...address, key: anyKey, hostKey: anyHostKey } });
  if (mistakes.length > 0) {
    return { mistakes };
  }
  const [verdict, records] = await Promise.all([
    identify([address]),
    domain === undefined ? [] : wrongRecords(namesOf(domain), address.host),
  ]);
  if ("mistakes" in verdict) {
    return verdict;
  }
  const [result] = verdict.result;
  if (result === undefined) {
    throw new Error("One machine is asked, and one is identified.");
  }
  const [stray, notes] = [true, false].map((isStray) =>
    records.filter(({ state }) => (state === "stale") === isStray).map(({ description }) => description),
  ) as [string[], string[]];
  const strayDoubt: Doubt = {
    lines: stray,
    question:
      "A name gets a certificate when it leads to the VPS, and is left out until it does. Go on all the same?",
    flag: "yes",
  };
  return {
    result,
    notes: [...(verdict.notes ?? []), ...notes],
    doubts: [...(verdict.doubts ?? []), ...(stray.length > 0 ? [strayDoubt] : [])],
  };
}

export async function checkNodes(addresses: readonly Address[]): Promise<Verdict<readonly Identified[]>> {
  const nodes = addresses.map(({ host, port, user }, index) => ({
    // Names that are not the same: which ones they get, the machines tell later.
    name: `node-${index}`,
    host,
    sshPort: port,
    user,
    key: anyKey,
    hostKey: anyHostKey,
    master: index === 0,
  }));
  const mistakes = mistakesIn({ nodes });
  return mistakes.length > 0 ? { mistakes } : identify(addresses);
}

/** Asks machines who they are, all at once. */
async function identify(addresses: readonly Address[]): Promise<Verdict<readonly Identified[]>> {
  const { found, mistakes } = await collect(addresses, async (address) => ({
    address,
    ...(await trustedHostKey(address.host, address.port)),
  }));
  if (mistakes.length > 0) {
    return { mistakes };
  }
  const copies = found.flatMap(({ address, key }, index) => {
    const first = found.findIndex((other) => other.key === key);
    const { host = "" } = found[first]?.address ?? {};
    return first === index ? [] : [`${address.host} has the same host key as ${host}.`];
  });
  const unknown = found.filter(({ isKnown }) => !isKnown);
  const doubts: Doubt[] = [
    {
      lines: copies,
      question: "It is the same machine, or one SD card is a copy of the other. Go on all the same?",
      flag: "yes",
    },
    {
      lines: unknown.map(
        ({ address, ...shown }) => `${address.host}: ${shown.fingerprint} (${typeOf(shown)})`,
      ),
      question:
        "Is that what the machines themselves say (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` there)?",
      flag: "accept-host-keys",
    },
  ];
  return {
    result: found.map(({ address, key }) => ({ address, hostKey: key })),
    doubts: doubts.filter(({ lines }) => lines.length > 0),
  };
}

/** What logging in needs, and what it has shown. */
export interface Login {
  readonly vps: Vps | undefined;
  readonly nodes: readonly Node[] | undefined;
  /** Those whose sudo asks for a password. */
  readonly asking: readonly Node[];
  readonly existing: Existing | undefined;
}

/**
 * Logs in to every machine that is right so far, and looks whether it has what a deploy needs.
 *
 * @param user who it is on the nodes that name nobody
 */
export async function checkLogin(
  { user, key }: { readonly user: string; readonly key: string },
  server: Identified | undefined,
  nodes: readonly Identified[] | undefined,
): Promise<Verdict<Login>> {
  const wrong = [...userMistakes(user), await keyMistake(key)].filter((mistake) => mistake !== undefined);
  if (wrong.length > 0) {
    return { mistakes: wrong };
  }
  const [onServer, onNodes] = await Promise.all([
    collect(server === undefined ? [] : [server], ({ address, hostKey }) =>
      lookAtServer({ ...address, user: address.user ?? "root", key, hostKey }),
    ),
    collect([...(nodes ?? []).entries()], ([index, { address, hostKey }]) =>
      lookAtNode({ ...address, user: address.user ?? user, key, hostKey }, index === 0),
    ),
  ]);
  const found = onNodes.found.map(({ node }) => node);
  const mistakes = [...onServer.mistakes, ...onNodes.mistakes, ...sameNames(found)];
  if (mistakes.length > 0) {
    return { mistakes };
  }
  const [onVps] = onServer.found;
  return {
    result: {
      vps: onVps?.vps,
      nodes: nodes && found,
      asking: onNodes.found.filter(({ facts }) => facts.sudo === "asks").map(({ node }) => node),
      existing: onVps?.existing,
    },
    notes: onNodes.found.flatMap(({ node, facts }) => describeOthers(facts, node.host)),
    doubts: [
      ...(onVps === undefined ? [] : adoptionDoubts(onVps.existing, onVps.vps.host)),
      ...frontDoubts(onVps?.existing.front, onVps?.vps.host ?? ""),
      ...portDoubts(onNodes.found.map(({ node, proposals }) => ({ host: node.host, proposals }))),
    ],
  };
}

function adoptionDoubts(existing: Existing, host: string): Doubt[] {
  const doubt: Doubt =
    existing.stack === undefined
      ? {
          lines: describeExisting(existing, host),
          question:
            "Use what is there? It stays as it is; docs/adoption.md says what to do before the first deploy.",
          flag: "yes",
        }
      : {
          lines: [`${host} has the stack ${existing.stack} of this program already.`],
          question: "Two of them would take each other's names and ports. Go on all the same?",
          flag: "yes",
        };
  return doubt.lines.length > 0 ? [doubt] : [];
}

function userMistakes(user: string): string[] {
  const node = { name: "node", host: "node", user, key: anyKey, hostKey: anyHostKey, master: true };
  return mistakesIn({ nodes: [node] }).map((mistake) => mistake.replace("nodes[0].", ""));
}

async function lookAtServer(vps: Vps): Promise<{ readonly vps: Vps; readonly existing: Existing }> {
  const facts = await readMachineFacts(vps, "server");
  const hasDocker = facts.docker !== undefined && facts.docker !== "missing";
  const existing = hasDocker ? await readExisting(vps) : undefined;
  const mistakes = serverMistakes(facts, vps);
  if (existing === undefined || mistakes.length > 0) {
    throw new Mistakes(mistakes);
  }
  const isFree = facts.listens.length === 0 || (existing.portal ?? existing.stack) !== undefined;
  const front = isFree ? undefined : findFront(facts.listens, (await readPortOwners(new Server(vps))) ?? []);
  return { vps, existing: { ...existing, front } };
}

async function readExisting(vps: Vps): Promise<Existing> {
  const server = new Server(vps);
  const list = async (...words: string[]): Promise<string[]> => {
    const lines = await server.docker(words, { timeout: "20s" });
    return lines.split("\n").filter((line) => line !== "");
  };
  const notOurs = ["--format", '{{.Name}} {{.Label "pi-monitoring.stack"}}'];
  const [ids, networks, volumes] = await Promise.all([
    list("ps", "--all", "--quiet"),
    list("network", "ls", ...notOurs),
    list("volume", "ls", ...notOurs),
  ]);
  const containers = ids.length === 0 ? [] : await list("inspect", "--type", "container", ...ids);
  return findExisting({
    containers: JSON.parse(containers.join("\n") || "[]") as unknown,
    networks: networks.map((line) => line.trim()),
    volumes: volumes.map((line) => line.trim()),
  });
}

interface FoundNode {
  readonly node: Node;
  readonly facts: MachineFacts;
  readonly proposals: readonly PortProposal[];
}

async function lookAtNode(machine: SshMachine, isMaster: boolean): Promise<FoundNode> {
  const facts = await readMachineFacts(machine, "node");
  const mistakes = nodeMistakes(facts, machine);
  if (mistakes.length > 0) {
    throw new Mistakes(mistakes);
  }
  const proposals = proposePorts(facts, machine.host, isMaster);
  const node = { ...machine, name: nameOf(machine.host, facts.hostname), ports: portsOf(proposals) };
  return { node, facts, proposals };
}

/** What a node is called: as in its address, or, if that is a number, as it calls itself. */
export function nameOf(host: string, hostname: string): string {
  const name = isIP(host) === 0 ? host : hostname;
  return name.toLowerCase().replace(/\..*$/, "");
}

function sameNames(nodes: readonly Node[]): string[] {
  return nodes.flatMap(({ name, host }, index) => {
    const first = nodes.findIndex((other) => other.name === name);
    return first === index
      ? []
      : [
          `${host} calls itself ${name}, as ${nodes[first]?.host ?? ""} does: \`sudo hostnamectl set-hostname NAME\` there.`,
        ];
  });
}

/** @param email is null where nobody is to be told */
export async function checkEmail(email: Email | null): Promise<Verdict<Email | null>> {
  const mistakes = email === null ? [] : mistakesIn({ contactPoints: contactPointsOf(email) });
  const smtp = email?.host?.replace(/:\d+$/, "");
  if (mistakes.length === 0 && smtp !== undefined && (await addressesOf(smtp)).length === 0) {
    mistakes.push(
      `${smtp}: there is no such name in the DNS; it is to be the SMTP server of your mail provider.`,
    );
  }
  return mistakes.length > 0 ? { mistakes } : { result: email };
}

/** The contact point as the settings have it; without its password, which is written apart. */
export function contactPointsOf({ to, host, user }: Email): object {
  const from = user?.includes("@") === true ? user : to;
  return { email: { to: [to], from, host, ...(user === undefined ? {} : { user }) } };
}

/** More than one thing that is wrong with a machine. */
class Mistakes extends UserError {
  constructor(readonly lines: readonly string[]) {
    super(lines.join("\n"));
  }
}

/** What `look` finds, and what it says against each it fails for. */
async function collect<In, Out>(
  each: readonly In[],
  look: (one: In) => Promise<Out>,
): Promise<{ readonly found: Out[]; readonly mistakes: string[] }> {
  const found: Out[] = [];
  const mistakes: string[] = [];
  const outcomes = await Promise.allSettled(each.map(look));
  for (const outcome of outcomes) {
    if (outcome.status === "fulfilled") {
      found.push(outcome.value);
    } else if (outcome.reason instanceof UserError) {
      mistakes.push(...outcome.reason.message.split("\n"));
    } else {
      throw outcome.reason;
    }
  }
  return { found, mistakes };
}

/** Into an InfluxDB that is there already. */
export interface InfluxAccess {
  readonly org: string;
  readonly bucket: string;
  readonly adminToken: string;
}

/** @param container of the InfluxDB; only one that runs can be asked */
export async function checkInfluxAccess(
  access: InfluxAccess,
  vps: Vps,
  container: string | undefined,
): Promise<Verdict<InfluxAccess>> {
  const mistakes = mistakesIn({ influxdb: access });
  if (mistakes.length === 0 && container !== undefined) {
    mistakes.push(...(await askInfluxDb(access, vps, container)));
  }
  return mistakes.length > 0 ? { mistakes } : { result: access };
}

async function askInfluxDb(
  { org, bucket, adminToken }: InfluxAccess,
  vps: Vps,
  container: string,
): Promise<string[]> {
  const query = new URLSearchParams({ org, name: bucket }).toString();
  const request = {
    url: `http://localhost:8086/api/v2/buckets?${query}`,
    header: `Authorization: Token ${adminToken}`,
    output: "/dev/null",
    "write-out": "%{http_code}",
    "max-time": 10,
  };
  let status: string;
  try {
    status = await new Server(vps).curl(container, request, { timeout: "20s" });
  } catch (error) {
    if (error instanceof ServerError) {
      return [`InfluxDB in the container ${container} cannot be asked: ${error.stderr.trim()}`];
    }
    throw error;
  }
  switch (status) {
    case "200":
      return [];
    case "401":
      return [`InfluxDB in the container ${container} does not know this token.`];
    case "404":
      return [
        `InfluxDB in the container ${container} has no organization ${org} with a bucket ${bucket} for this token.`,
      ];
    default:
      return [`InfluxDB in the container ${container} answers with status ${status}.`];
  }
}
