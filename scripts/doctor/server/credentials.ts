import { sha256 } from "../../../components/machine/installed";
import { acceptedCredential } from "../../../components/server/ingress/ingestCredential";
import { credentialsFolder } from "../../../components/server/ingress/ingestEndpoint";
import { credentialsByWord, dueRotations, whyNotMade } from "../../../components/server/rotation";
import type { Credential } from "../../../components/settings/settings";
import { doors, letsIn } from "../../stack/credentialProbes";
import { docker } from "./containers";
import { drift, type Finding, type Known, type Mend, reasonOf, setUpAt } from "../findings";

/**
 * What makes a credential let in again. Nothing does if somebody has changed the password of InfluxDB's admin.
 *
 * @param owner the master whose it is, if it is one's
 */
function mendOf(credential: Credential, owner: string): Mend | undefined {
  switch (credential) {
    case "telegraf":
    case "grafana":
      return { how: "replace", resource: `server-${credential}-token-authorization` };
    case "ingest":
      return { how: "run", resource: `server-ingest-${owner}-accepted` };
    case "grafanaAdmin":
      return { how: "run", resource: "server-grafana-admin" };
    case "influxdbAdmin":
      return undefined;
  }
}

/** Tries every credential that the stack has. */
export async function tryCredentials(known: Known): Promise<Finding[]> {
  const tried = await Promise.all(
    Object.entries(credentialsByWord).flatMap(([word, credential]) =>
      Object.entries(doors[credential].values(known.outputs)).map(([owner, value]) =>
        tryCredential(known, word, credential, owner, value),
      ),
    ),
  );
  return tried.flat();
}

async function tryCredential(
  known: Known,
  word: string,
  credential: Credential,
  owner: string,
  value: string,
): Promise<Finding[]> {
  const { settings, outputs } = known;
  const subject = `credential ${word}${owner === "" ? "" : ` of ${owner}`}`;
  const given = whyNotMade(credential, settings.influxdb);
  if (given !== undefined && value === "") {
    return [];
  }
  const mend = given === undefined ? mendOf(credential, owner) : undefined;
  try {
    if (await letsIn(credential, value, settings, outputs)) {
      return [];
    }
    const problem = "it does not let in";
    const remedy =
      given ?? "it was changed by hand: set it to that of `pulumi stack output --show-secrets` again";
    return [mend === undefined ? { subject, problem, remedy } : drift(known, subject, problem, mend)];
  } catch (error) {
    const remedy = "it is asked for by Grafana's container: mend what else is found, and ask again";
    return [{ subject, problem: `it could not be tried: ${reasonOf(error)}`, remedy, passes: true }];
  }
}

/**
 * The credentials that are accepted for ingest, by the files of them.
 *
 * @param door the container that asks for them
 */
export async function inspectIngest(known: Known, door: string): Promise<Finding[]> {
  const command = `cd ${credentialsFolder} 2>/dev/null && sha256sum -- *.conf 2>/dev/null || true`;
  const sums = await docker(known.settings, ["exec", door, "sh", "-c", command]);
  const found = sums
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(/ [ *]/));
  return ingestFindings(known, new Map(found.map(([sum = "", name = ""]) => [name, sum])));
}

/** @param found the checksums of the portal's files, by their names */
export function ingestFindings(known: Known, found: ReadonlyMap<string, string>): Finding[] {
  const expected = Object.entries(known.outputs.ingestCredentials ?? {}).map(([master, credential]) => ({
    master,
    ...acceptedCredential(master, credential),
  }));
  const strays = [...found.keys()].filter((each) => expected.every(({ name }) => name !== each));
  return [
    ...expected
      .filter(({ name, content }) => found.get(name) !== sha256(content))
      .map(({ master }) =>
        drift(known, `credential ingest of ${master}`, "the portal has no file of it", {
          how: "run",
          resource: `server-ingest-${master}-accepted`,
        }),
      ),
    ...strays.map((stray) => {
      // Each master's revocation removes what is its own, and what is nobody's.
      const owner = expected.find(({ master }) => stray.startsWith(`${master}.`)) ?? expected[0];
      return drift(known, "credential ingest", `the portal accepts another one, by its file ${stray}`, {
        how: "run",
        resource: `server-ingest-${owner?.master ?? ""}-revocation`,
      });
    }),
  ];
}

/** The credentials that are older than they should become. */
export function overdueCredentials(known: Known): Finding[] {
  const { stack, settings } = known;
  return dueRotations(settings, setUpAt(known), new Date()).map(({ word, days }) => ({
    subject: `credential ${word}`,
    problem: `it is ${days} days old, and should be rotated after ${settings.rotateAfterDays}`,
    remedy: `\`npm run rotate -- ${word} --stack ${stack.name}\``,
  }));
}
