import type { Vps } from "../../../components/settings/settings";
import { type Checked, collect, refuse } from "../checkResult";
import { keyMistake } from "../machine/login";
import { settingsMistakes } from "../settingsFile";
import type { Existing } from "./adoption";
import { type Identified, placeholders } from "./identity";
import { describeOthers, portWarnings } from "./nodePorts";
import { duplicateNames, inspectNode, type Node } from "./nodes";
import { inspectVps } from "./vps";

/** What the logins have shown. */
export interface Machines {
  readonly vps: Vps | undefined;
  readonly nodes: readonly Node[] | undefined;
  /** The nodes whose sudo asks for a password. */
  readonly askingForPassword: readonly Node[];
  readonly existing: Existing | undefined;
}

/**
 * Logs in to every machine that is identified, and inspects whether it has what a deploy needs.
 *
 * @param user the user on the nodes whose address names none
 */
export async function checkMachines(
  { user, key }: { readonly user: string; readonly key: string },
  server: Identified | undefined,
  nodes: readonly Identified[] | undefined,
): Promise<Checked<Machines>> {
  refuse([...userMistakes(user), await keyMistake(key)]);
  const [onServer, onNodes] = await Promise.all([
    collect(server === undefined ? [] : [server], ({ address, hostKey }) =>
      inspectVps({ ...address, user: address.user ?? "root", key, hostKey }),
    ),
    collect([...(nodes ?? []).entries()], ([index, { address, hostKey }]) =>
      inspectNode({ ...address, user: address.user ?? user, key, hostKey }, index === 0),
    ),
  ]);
  const found = onNodes.found.map(({ node }) => node);
  refuse([...onServer.mistakes, ...onNodes.mistakes, ...duplicateNames(found)]);
  const [onVps] = onServer.found;
  return {
    value: {
      vps: onVps?.vps,
      nodes: nodes && found,
      askingForPassword: onNodes.found.filter(({ facts }) => facts.sudo === "asks").map(({ node }) => node),
      existing: onVps?.existing,
    },
    notes: onNodes.found.flatMap(({ node, facts }) => describeOthers(facts, node.host)),
    warnings: [
      ...(onVps?.warnings ?? []),
      ...portWarnings(onNodes.found.flatMap(({ proposals }) => proposals)),
    ],
  };
}

function userMistakes(user: string): string[] {
  const node = { name: "node", host: "node", user, ...placeholders, master: true };
  return settingsMistakes({ nodes: [node] }).map((mistake) => mistake.replace("nodes[0].", ""));
}
