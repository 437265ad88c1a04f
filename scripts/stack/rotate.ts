import { credentialsByWord, whyNotMade } from "../../components/server/credentials";
import { namespace } from "../../components/settings/schema";
import type { Credential, Settings } from "../../components/settings/settings";
import { UserError } from "../../components/userError";
import { credentialProbes, probeCredentials } from "./credentialProbes";
import { deploy } from "./deploy";
import { type LoadedStack, requireDeployed } from "./stack";

/**
 * The credentials that the words of the command line choose.
 *
 * @throws UserError for an unknown word, and for a credential that this program does not make
 */
export function chooseCredentials(words: readonly string[], { influxdb }: Settings): Credential[] {
  const unknown = words.filter((word) => word !== "all" && !Object.hasOwn(credentialsByWord, word));
  if (words.length === 0 || unknown.length > 0) {
    throw new UserError(
      `Which credential? \`npm run rotate -- ${Object.keys(credentialsByWord).join("|")}|all [--stack STACK]\``,
    );
  }
  if (words.includes("all")) {
    return Object.values(credentialsByWord).filter(
      (credential) => whyNotMade(credential, influxdb) === undefined,
    );
  }
  const chosen = words.flatMap((word) => credentialsByWord[word] ?? []);
  const reasons = chosen.flatMap((credential) => whyNotMade(credential, influxdb) ?? []);
  if (reasons.length > 0) {
    throw new UserError(`This program cannot rotate that: ${reasons.join("; ")}. Nothing was changed.`);
  }
  return chosen;
}

/**
 * Makes new credentials, moves their users, and revokes the old ones, all in one deploy. The order is that of the
 * dependencies between the resources: `revokeOthers` in index.ts and in monitoringServer.ts.
 *
 * @throws UserError if the deploy fails
 */
export async function rotate(loaded: LoadedStack, credentials: readonly Credential[]): Promise<void> {
  requireDeployed(loaded);
  const { stack, settings, outputs } = loaded;
  const now = new Date().toISOString().replace(/\.\d+/, "");
  for (const credential of credentials) {
    // If the settings have another date than the last deploy, a rotation was interrupted: this deploy finishes it.
    if (settings.rotated[credential] === outputs.rotated[credential]) {
      await stack.pulumi("config", "set", "--path", `${namespace}:rotated.${credential}`, now);
    }
  }
  // Of all nodes, only masters have a credential.
  const users = credentials.includes("ingest") ? settings.nodes.filter(({ master }) => master) : [];
  if ((await deploy({ stack, settings }, true, users)) !== 0) {
    throw new UserError(
      "The rotation is not finished, for the reason above. A credential that is not replaced everywhere stays in force. Run the same command again when the reason is gone.",
    );
  }
}

/** Tries whether the new and the old values of credentials are accepted. */
export async function checkRotation(before: LoadedStack, credentials: readonly Credential[]) {
  const after = await before.stack.load();
  const values = credentials.flatMap((credential) => {
    const old = credentialProbes[credential].values(before.outputs);
    return Object.entries(credentialProbes[credential].values(after.outputs)).map(([owner, value]) => {
      const name = owner === "" ? credential : `${credential} of ${owner}`;
      return { name, credential, value, previous: old[owner] };
    });
  });
  const accepted = await probeCredentials(
    values.flatMap(({ credential, value, previous = value }) => [
      { credential, value },
      { credential, value: previous },
    ]),
    after,
  );
  const failure = accepted.find((each) => each instanceof Error);
  if (failure !== undefined) {
    throw failure;
  }
  return values.map(({ name, value, previous }, index) => {
    const newWorks = accepted[2 * index] === true;
    const oldWorks = previous !== undefined && accepted[2 * index + 1] === true;
    return { name, newWorks, oldWorks, isDone: value !== previous && newWorks && !oldWorks };
  });
}
