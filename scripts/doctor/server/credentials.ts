import { basename, join } from "node:path/posix";
import { sha256 } from "../../../components/sha256";
import { acceptedCredential } from "../../../components/server/ingress/ingestCredential";
import { credentialsFolder } from "../../../components/server/ingress/ingestEndpoint";
import { ingestContainers, resources as names } from "../../../components/server/resourceNames";
import { credentialsByWord, dueRotations, whyNotMade } from "../../../components/server/credentials";
import type { Credential } from "../../../components/settings/settings";
import { reasonOf, ServerError } from "../../remote/server";
import { credentialProbes, probeCredentials } from "../../stack/credentialProbes";
import type { LoadedStack } from "../../stack/stack";
import { setUpAt } from "../../stack/state";
import { type Finding, type Repair, repairableFinding } from "../findings";

/** The repairs of credentials that are not accepted; `owner` is the master of an ingest credential. */
const repairs: Readonly<Record<Credential, (owner: string) => Repair | undefined>> = {
  telegraf: () => ({ how: "replace", resource: names.tokenAuthorization("telegraf") }),
  grafana: () => ({ how: "replace", resource: names.tokenAuthorization("grafana") }),
  ingest: (owner) => ({ how: "run", resource: names.ingestAccepted(owner) }),
  grafanaAdmin: () => ({ how: "run", resource: names.grafanaAdmin }),
  influxdbAdmin: () => undefined,
};

/** Probes every credential of the stack. */
export async function inspectCredentials(loaded: LoadedStack): Promise<Finding[]> {
  const { settings, outputs } = loaded;
  const probed = Object.entries(credentialsByWord)
    .flatMap(([word, credential]) =>
      Object.entries(credentialProbes[credential].values(outputs)).map(([owner, value]) => ({
        subject: `credential ${word}${owner === "" ? "" : ` of ${owner}`}`,
        credential,
        owner,
        value,
        reasonNotMade: whyNotMade(credential, settings.influxdb),
      })),
    )
    .filter(({ reasonNotMade, value }) => reasonNotMade === undefined || value !== "");
  const results = await probeCredentials(probed, loaded);
  return probed.flatMap(({ subject, credential, owner, reasonNotMade }, index): Finding[] => {
    const result = results[index];
    if (result === true) {
      return [];
    }
    if (result instanceof Error) {
      return [uncheckedCredential(subject, result)];
    }
    const problem = "it is not accepted";
    if (reasonNotMade !== undefined) {
      return [{ subject, problem, remedy: reasonNotMade }];
    }
    const repair = repairs[credential](owner);
    if (repair !== undefined) {
      return [repairableFinding(loaded, subject, problem, repair)];
    }
    const remedy = "it was changed by hand: set it to that of `pulumi stack output --show-secrets` again";
    return [{ subject, problem, remedy }];
  });
}

function uncheckedCredential(subject: string, error: Error): Finding {
  const remedy =
    error instanceof ServerError
      ? "the check runs in Grafana's container: fix the other findings, then run doctor again"
      : "404 means that the bucket is missing, 500 and above that the service fails: fix the other findings, then run doctor again";
  return {
    subject,
    problem: `it could not be checked: ${reasonOf(error)}`,
    remedy,
    mayPassByItself: true,
  };
}

/**
 * Compares the files by which credentials are accepted for ingest with the credentials of the masters.
 *
 * @param sums the checksums of all files in their container, by path; unset if it does not run
 */
export function ingestFindings(
  loaded: Pick<LoadedStack, "stack" | "settings" | "outputs">,
  sums: ReadonlyMap<string, string> | undefined,
): Finding[] {
  if (sums === undefined) {
    return [];
  }
  const container = ingestContainers[loaded.settings.ingress.kind];
  const expected = Object.entries(loaded.outputs.ingestCredentials ?? {}).map(([master, credential]) => {
    const { name, content } = acceptedCredential(master, credential);
    return { master, path: join(credentialsFolder, name), sum: sha256(content) };
  });
  const wrong = expected
    .filter(({ path, sum }) => sums.get(path) !== sum)
    .map(({ master, path }) => {
      const state = sums.has(path) ? "differs from what was deployed" : "is missing";
      const repair = { how: "run", resource: names.ingestAccepted(master) } as const;
      const problem = `its file in the container ${container} ${state}`;
      return repairableFinding(loaded, `credential ingest of ${master}`, problem, repair);
    });
  const unknown = [...sums.keys()]
    .filter(
      (path) => path.startsWith(`${credentialsFolder}/`) && expected.every((each) => each.path !== path),
    )
    .map((path) => {
      const file = basename(path);
      // nginx reads no other file; an interrupted script may have left one.
      const problem = file.endsWith(".conf")
        ? `the container ${container} accepts another one, by its file ${file}`
        : `the container ${container} has an unknown file ${file}`;
      // Each master's revocation removes its own files and those of no master.
      const owner = expected.find(({ master }) => file.startsWith(`${master}.`)) ?? expected[0];
      if (owner === undefined) {
        const remedy = `\`npm run deploy -- ${loaded.stack.name}\` makes a credential for each master`;
        return { subject: "credential ingest", problem, remedy };
      }
      const repair = { how: "run", resource: names.ingestRevocation(owner.master) } as const;
      return repairableFinding(loaded, "credential ingest", problem, repair);
    });
  return [...wrong, ...unknown];
}

/** The credentials that are due for rotation. */
export function overdueCredentials({ stack, settings, resources }: LoadedStack): Finding[] {
  return dueRotations(settings, setUpAt(resources), new Date()).map(({ word, days }) => ({
    subject: `credential ${word}`,
    problem: `it is ${days} days old, and should be rotated after ${settings.rotateAfterDays}`,
    remedy: `\`npm run rotate -- ${word} --stack ${stack.name}\``,
  }));
}
