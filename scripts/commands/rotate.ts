import { credentialsByWord, whyNotMade } from "../../components/server/rotation";
import type { Credential, Settings } from "../../components/settings/settings";
import { namespace } from "../../components/settings/schema";
import { runCommand, UserError } from "../cli/command";
import { deploy } from "../stack/deploy";
import { probeCredentials, probes } from "../stack/credentialProbes";
import { openStack } from "../rehearsal/openStack";
import { renderTable, withProgress } from "../cli/progress";
import type { LoadedStack } from "../stack/stack";

/**
 * `npm run rotate -- CREDENTIAL... | all [--stack STACK]`: new credentials while data flows: each is made, its users
 * are moved, the old one is revoked; then both are tried. Run again after an interruption, it leaves nothing behind.
 */
runCommand(
  { stack: { type: "string", default: "dev" } },
  async ({ values: { stack: name }, positionals }) => {
    const stack = await openStack(name);
    const before = await stack.load();
    const chosen = credentials(positionals, before.settings);
    await setDates(before, chosen);
    if ((await deploy(before, true)) !== 0) {
      throw new UserError(
        "The rotation is not finished, and says why above. What is not replaced everywhere stays in force; run the same command again when the reason is gone.",
      );
    }
    return (await withProgress("Trying the old and the new credentials", () => verify(before, chosen)))
      ? 0
      : 1;
  },
);

/** @throws UserError for what is none, and for one that somebody else has made */
function credentials(words: readonly string[], { influxdb }: Settings): Credential[] {
  const unknown = words.filter((word) => word !== "all" && credentialsByWord[word] === undefined);
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
    throw new UserError(`Not this program's to rotate: ${reasons.join("; ")}. Nothing was changed.`);
  }
  return chosen;
}

/** Gives each credential a new date, unless the last `up` did not get as far as to take up the one it has. */
async function setDates(
  { stack, settings: { rotated }, outputs }: LoadedStack,
  chosen: readonly Credential[],
): Promise<void> {
  const now = new Date().toISOString().replace(/\.\d+/, "");
  for (const credential of chosen) {
    if (rotated[credential] === outputs.rotated[credential]) {
      await stack.read("config", "set", "--path", `${namespace}:rotated.${credential}`, now);
    }
  }
}

/** Whether each new credential lets in and the one before it does not. */
async function verify(before: LoadedStack, chosen: readonly Credential[]): Promise<boolean> {
  const after = await before.stack.load();
  const values = chosen.flatMap((credential) => {
    const old = probes[credential].values(before.outputs);
    return Object.entries(probes[credential].values(after.outputs)).map(([owner, value]) => {
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
  const rows = values.map(({ name, value, previous }, index) => {
    const newWorks = accepted[2 * index] === true;
    const oldWorks = previous !== undefined && accepted[2 * index + 1] === true;
    return { name, oldWorks, newWorks, done: value !== previous && !oldWorks && newWorks };
  });
  console.log(
    renderTable(
      ["credential", "the new one", "the old one"],
      rows.map(({ name, newWorks, oldWorks }) => [
        name,
        newWorks ? "works" : "DOES NOT WORK",
        oldWorks ? "STILL WORKS" : "is refused",
      ]),
    ),
  );
  return rows.every(({ done }) => done);
}
