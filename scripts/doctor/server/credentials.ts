import { basename, join } from "node:path/posix";
import { sha256 } from "../../../components/machine/installed";
import { acceptedCredential } from "../../../components/server/ingress/ingestCredential";
import { credentialsFolder } from "../../../components/server/ingress/ingestEndpoint";
import { resources as names } from "../../../components/server/resourceNames";
import { credentialsByWord, dueRotations, whyNotMade } from "../../../components/server/credentials";
import type { Credential } from "../../../components/settings/settings";
import { probeCredentials, probes } from "../../stack/credentialProbes";
import type { LoadedStack } from "../../stack/stack";
import { drift, type Finding, reasonOf, type Repair, setUpAt } from "../findings";

/**
 * The repair of a credential that is not accepted. There is none for a changed password of InfluxDB's admin.
 *
 * @param owner the master of an ingest credential
 */
function repairOf(credential: Credential, owner: string): Repair | undefined {
  switch (credential) {
    case "telegraf":
    case "grafana":
      return { how: "replace", resource: names.tokenAuthorization(credential) };
    case "ingest":
      return { how: "run", resource: names.ingestAccepted(owner) };
    case "grafanaAdmin":
      return { how: "run", resource: names.grafanaAdmin };
    case "influxdbAdmin":
      return undefined;
  }
}

/** Probes every credential of the stack. */
export async function inspectCredentials(loaded: LoadedStack): Promise<Finding[]> {
  const { settings, outputs } = loaded;
  const tried = Object.entries(credentialsByWord)
    .flatMap(([word, credential]) =>
      Object.entries(probes[credential].values(outputs)).map(([owner, value]) => ({
        word,
        credential,
        owner,
        value,
        given: whyNotMade(credential, settings.influxdb),
      })),
    )
    .filter(({ given, value }) => given === undefined || value !== "");
  const results = await probeCredentials(tried, loaded);
  return tried.flatMap(({ word, credential, owner, given }, index): Finding[] => {
    const result = results[index];
    const subject = `credential ${word}${owner === "" ? "" : ` of ${owner}`}`;
    if (result === true) {
      return [];
    }
    if (result instanceof Error) {
      const remedy = "the check runs in Grafana's container: fix the other findings, then run doctor again";
      return [{ subject, problem: `it could not be checked: ${reasonOf(result)}`, remedy, passes: true }];
    }
    const repair = given === undefined ? repairOf(credential, owner) : undefined;
    const problem = "it is not accepted";
    const remedy =
      given ?? "it was changed by hand: set it to that of `pulumi stack output --show-secrets` again";
    return [repair === undefined ? { subject, problem, remedy } : drift(loaded, subject, problem, repair)];
  });
}

/**
 * Compares the files by which credentials are accepted for ingest with the credentials of the masters.
 *
 * @param sums the checksums of all files in their container, by path; unset if it does not run
 */
export function ingestFindings(
  loaded: Pick<LoadedStack, "stack" | "outputs">,
  sums: ReadonlyMap<string, string> | undefined,
): Finding[] {
  if (sums === undefined) {
    return [];
  }
  const expected = Object.entries(loaded.outputs.ingestCredentials ?? {}).map(([master, credential]) => ({
    master,
    ...acceptedCredential(master, credential),
  }));
  const accepted = [...sums.keys()]
    .filter((path) => path.startsWith(`${credentialsFolder}/`))
    .map((path) => basename(path));
  const unknown = accepted.filter((each) => expected.every(({ name }) => name !== each));
  return [
    ...expected
      .filter(({ name, content }) => sums.get(join(credentialsFolder, name)) !== sha256(content))
      .map(({ master }) =>
        drift(loaded, `credential ingest of ${master}`, "the portal has no file of it", {
          how: "run",
          resource: names.ingestAccepted(master),
        }),
      ),
    ...unknown.map((file) => {
      // Each master's revocation removes its own files and those of no master.
      const owner = expected.find(({ master }) => file.startsWith(`${master}.`)) ?? expected[0];
      return drift(loaded, "credential ingest", `the portal accepts another one, by its file ${file}`, {
        how: "run",
        resource: names.ingestRevocation(owner?.master ?? ""),
      });
    }),
  ];
}

/** The credentials that are due for rotation. */
export function overdueCredentials({
  stack,
  settings,
  resources,
}: Pick<LoadedStack, "stack" | "settings" | "resources">): Finding[] {
  return dueRotations(settings, setUpAt(resources), new Date()).map(({ word, days }) => ({
    subject: `credential ${word}`,
    problem: `it is ${days} days old, and should be rotated after ${settings.rotateAfterDays}`,
    remedy: `\`npm run rotate -- ${word} --stack ${stack.name}\``,
  }));
}
