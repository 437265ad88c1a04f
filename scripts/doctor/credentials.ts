import { sha256 } from "../../components/managed";
import { acceptedCredential, credentialsFolder } from "../../components/server/ingestCredential";
import { credentialsByWord, dueRotations, notOurs } from "../../components/server/rotation";
import type { Credential } from "../../components/settings";
import { doors, letsIn } from "../stack/credentials";
import { docker } from "./containers";
import { drift, type Finding, type Known, type Mend, reasonOf, setUpAt } from "./findings";

/** What makes a credential let in again. Nothing does if somebody has changed the password of InfluxDB's admin. */
const mends: Readonly<Partial<Record<Credential, Mend>>> = {
  telegraf: { how: "replace", resource: "server-telegraf-token-authorization" },
  grafana: { how: "replace", resource: "server-grafana-token-authorization" },
  ingest: { how: "run", resource: "server-ingest-accepted" },
  grafanaAdmin: { how: "run", resource: "server-grafana-admin" },
};

/** Tries every credential that the stack has. */
export async function tryCredentials(known: Known): Promise<Finding[]> {
  const { settings, outputs } = known;
  const tried = await Promise.all(
    Object.entries(credentialsByWord).map(async ([word, credential]): Promise<Finding[]> => {
      const subject = `credential ${word}`;
      const given = notOurs(credential, settings.influxdb);
      if (given !== undefined && doors[credential].value(outputs) === "") {
        return [];
      }
      const mend = given === undefined ? mends[credential] : undefined;
      try {
        if (await letsIn(credential, doors[credential].value(outputs), settings, outputs)) {
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
    }),
  );
  return tried.flat();
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
  const subject = "credential ingest";
  const { name, content } = acceptedCredential(known.outputs.ingestCredential);
  const strays = [...found.keys()].filter((each) => each !== name);
  return [
    ...(found.get(name) === sha256(content)
      ? []
      : [
          drift(known, subject, "the portal has no file of it", {
            how: "run",
            resource: "server-ingest-accepted",
          }),
        ]),
    ...strays.map((stray) =>
      drift(known, subject, `the portal accepts another one, by its file ${stray}`, {
        how: "run",
        resource: "server-ingest-revocation",
      }),
    ),
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
