import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { parse, stringify } from "yaml";
import { namespace } from "../../components/settings/schema";
import { UserError } from "../../components/userError";
import { rehearsalFolder, rehearsalStack } from "./instance";
import { startMachines, type Machines } from "./machines/machines";
import type { Preparation } from "../cli/progress";
import type { Part } from "./toolchain/part";
import { preparePulumi, type PulumiTools } from "./toolchain/pulumi";
import { Stack } from "../stack/stack";

const root = join(__dirname, "../..");
const stateFolder = join(rehearsalFolder, "state");
const passphraseFile = join(rehearsalFolder, "passphrase");
/** Its own project file and settings file, so that nothing that is committed changes. */
const projectFolder = join(rehearsalFolder, "project");

export interface Rehearsal {
  readonly stack: Stack;
  readonly parts: readonly Part[];
}

/**
 * Prepares everything that `pulumi up` on the rehearsal's stack needs.
 *
 * @param program the folder of the program and its settings
 */
export async function prepareRehearsal(preparation: Preparation, program = root): Promise<Rehearsal> {
  const [machines, pulumi] = await Promise.all([
    startMachines(preparation),
    preparePulumi(preparation.report, rehearsalStack),
  ]);
  await mkdir(stateFolder, { recursive: true });
  await mkdir(projectFolder, { recursive: true });
  if (!existsSync(passphraseFile)) {
    await writeFile(passphraseFile, randomBytes(24).toString("base64"), { mode: 0o600 });
  }
  await useProgram(program);
  await writeSettings(machines, program);
  const stack = await stackWith(pulumi);
  await stack.select();
  return { stack, parts: [...pulumi.parts, ...machines.parts] };
}

/** The stack of a rehearsal that has been brought up. */
export async function openRehearsal(): Promise<Stack> {
  return stackWith(await preparePulumi(() => undefined, rehearsalStack));
}

async function stackWith({ environment, policyPackStandIn }: PulumiTools): Promise<Stack> {
  const passphrase = await readFile(passphraseFile, "utf8").catch(() => {
    throw new UserError("There is no rehearsal: `npm start` brings one up.");
  });
  return new Stack(rehearsalStack, {
    environment: {
      ...environment,
      PULUMI_BACKEND_URL: `file://${stateFolder}`,
      PULUMI_CONFIG_PASSPHRASE: passphrase,
    },
    options: ["--cwd", projectFolder],
    policyPack: policyPackStandIn,
  });
}

/** Makes the rehearsal's stack run the program in a folder. Its settings stay as they are. */
export async function useProgram(program = root): Promise<void> {
  const project = await readYaml(join(program, "Pulumi.yaml"));
  await writeFile(
    join(projectFolder, "Pulumi.yaml"),
    stringify({ ...project, main: relative(projectFolder, program) }),
  );
}

/** The settings of the rehearsal: those of the program, and what only its machines know. */
async function writeSettings({ settings }: Machines, program: string): Promise<void> {
  const settingsFile = `Pulumi.${rehearsalStack}.yaml`;
  const { config } = await readYaml(join(program, settingsFile));
  // Pulumi keeps the salt of the passphrase in this file. `npm run rotate` keeps the dates there: without them the next
  // `up` would rotate all credentials again.
  const before: Record<string, unknown> = await readYaml(join(projectFolder, settingsFile)).catch(() => ({}));
  const rotated = (before["config"] as Record<string, unknown> | undefined)?.[`${namespace}:rotated`];
  const added = Object.fromEntries(
    Object.entries({ ...settings, rotated }).map(([key, value]) => [`${namespace}:${key}`, value]),
  );
  const merged = { ...before, config: { ...(config as object), ...added } };
  await writeFile(join(projectFolder, settingsFile), stringify(merged));
}

async function readYaml(file: string): Promise<Record<string, unknown>> {
  return parse(await readFile(file, "utf8")) as Record<string, unknown>;
}
