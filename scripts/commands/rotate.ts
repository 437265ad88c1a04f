import { credentialsByWord, whyNotMade } from "../../components/server/rotation";
import type { Credential, Settings } from "../../components/settings/settings";
import { namespace } from "../../components/settings/schema";
import { runCommand, UserError } from "../cli/command";
import { deploy } from "../stack/deploy";
import { doors, letsIn } from "../stack/credentialProbes";
import { openStack } from "../rehearsal/openStack";
import { renderTable, withProgress } from "../cli/progress";
import type { Stack, StackOutputs } from "../stack/stack";

/**
 * `npm run rotate -- CREDENTIAL... | all [--stack STACK]`: new credentials while data flows: each is made, its users
 * are moved, the old one is revoked; then both are tried. Run again after an interruption, it leaves nothing behind.
 */
runCommand(
  { stack: { type: "string", default: "dev" } },
  async ({ values: { stack: name }, positionals }) => {
    const stack = await openStack(name);
    const chosen = credentials(positionals, await stack.settings());
    const before = await stack.outputs();
    await setDates(stack, before, chosen);
    if ((await deploy(stack, true)) !== 0) {
      throw new UserError(
        "The rotation is not finished, and says why above. What is not replaced everywhere stays in force; run the same command again when the reason is gone.",
      );
    }
    return (await withProgress("Trying the old and the new credentials", () => verify(stack, before, chosen)))
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
async function setDates(stack: Stack, outputs: StackOutputs, chosen: readonly Credential[]): Promise<void> {
  const { rotated } = await stack.settings();
  const now = new Date().toISOString().replace(/\.\d+/, "");
  for (const credential of chosen) {
    if (rotated[credential] === outputs.rotated[credential]) {
      await stack.read("config", "set", "--path", `${namespace}:rotated.${credential}`, now);
    }
  }
}

/** Whether each new credential lets in and the one before it does not. */
async function verify(stack: Stack, before: StackOutputs, chosen: readonly Credential[]): Promise<boolean> {
  const [settings, after] = [await stack.settings(), await stack.outputs()];
  const rows = await Promise.all(
    chosen.flatMap((credential) => {
      const { values } = doors[credential];
      const old = values(before);
      return Object.entries(values(after)).map(async ([owner, value]) => {
        const previous = old[owner];
        const oldWorks = previous !== undefined && (await letsIn(credential, previous, settings, after));
        const newWorks = await letsIn(credential, value, settings, after);
        const done = value !== previous && !oldWorks && newWorks;
        return { name: owner === "" ? credential : `${credential} of ${owner}`, oldWorks, newWorks, done };
      });
    }),
  );
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
