import type { Vps } from "../../../components/settings/settings";
import type { CheckResult } from "../questionLoop";
import { keyMistake } from "../machine/login";
import { settingsMistakes } from "../settingsFile";
import { adoptionWarnings, type Existing } from "./adoption";
import { collect } from "./collect";
import { type Identified, placeholders } from "./identity";
import { describeOthers, portWarnings } from "./nodePorts";
import { duplicateNames, inspectNode, type Node } from "./nodes";
import { inspectVps } from "./vps";
import { webServerWarnings } from "./webServer";

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
): Promise<CheckResult<Machines>> {
  const loginMistakes = [...userMistakes(user), await keyMistake(key)].filter((each) => each !== undefined);
  if (loginMistakes.length > 0) {
    return { mistakes: loginMistakes };
  }
  const [onServer, onNodes] = await Promise.all([
    collect(server === undefined ? [] : [server], ({ address, hostKey }) =>
      inspectVps({ ...address, user: address.user ?? "root", key, hostKey }),
    ),
    collect([...(nodes ?? []).entries()], ([index, { address, hostKey }]) =>
      inspectNode({ ...address, user: address.user ?? user, key, hostKey }, index === 0),
    ),
  ]);
  const found = onNodes.found.map(({ node }) => node);
  const mistakes = [...onServer.mistakes, ...onNodes.mistakes, ...duplicateNames(found)];
  if (mistakes.length > 0) {
    return { mistakes };
  }
  const [{ vps, existing } = { vps: undefined, existing: undefined }] = onServer.found;
  return {
    value: {
      vps,
      nodes: nodes && found,
      askingForPassword: onNodes.found.filter(({ facts }) => facts.sudo === "asks").map(({ node }) => node),
      existing,
    },
    notes: onNodes.found.flatMap(({ node, facts }) => describeOthers(facts, node.host)),
    warnings: [
      ...(existing === undefined
        ? []
        : [...adoptionWarnings(existing, vps.host), ...webServerWarnings(existing.webServer, vps.host)]),
      ...portWarnings(onNodes.found.map(({ node, proposals }) => ({ host: node.host, proposals }))),
    ],
  };
}

function userMistakes(user: string): string[] {
  const node = { name: "node", host: "node", user, ...placeholders, master: true };
  return settingsMistakes({ nodes: [node] }).map((mistake) => mistake.replace("nodes[0].", ""));
}
