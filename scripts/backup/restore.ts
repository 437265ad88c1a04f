import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { backedUp, backedUpByOthers } from "../../components/server/backup/backup";
import type { Settings } from "../../components/settings/settings";
import { UserError } from "../../components/userError";
import { withProgress } from "../cli/progress";
import { Server } from "../remote/server";
import { deploy } from "../stack/deploy";
import { clearInterruption } from "../stack/interruption";
import type { Stack } from "../stack/stack";
import { nameOf, type StackState, type StateResource } from "../stack/state";
import { checksum, checksumsFile, readChecksums, stateFile, timeOf, verifyBackup } from "./backupFolder";
import { restoredState } from "./restoredState";
import { RestoreHolder, type RestorePhase } from "./restoreHolder";

/**
 * Makes an empty stack what it was at the time of a backup, or continues an interrupted restore. It creates the stack
 * unless it exists, as on a new machine.
 *
 * @returns the exit code of the deploy that follows
 * @throws UserError if the backup cannot be used, or something would be overwritten
 */
export async function restore(stack: Stack, folder: string, isConfirmed: boolean): Promise<number> {
  await readChecksums(folder);
  await stack.select();
  const settings = await stack.settings();
  const server = new Server(settings.vps);
  const files = await verifyBackup(folder, settings);
  const holder = new RestoreHolder(server, settings, await checksum(join(folder, checksumsFile)));
  await clearInterruption(stack);
  for (const other of backedUpByOthers(settings)) {
    console.log(`Not restored, as it must exist: ${other}`);
  }

  const kept = files.includes(stateFile) ? await readFile(join(folder, stateFile), "utf8") : undefined;
  if (kept === undefined) {
    refuseRotatedSince(settings, folder);
  }
  const phase = await holder.phase();
  const own = await stack.readState();
  const state = phase !== "deploying" && kept !== undefined ? (JSON.parse(kept) as StackState) : own;
  requireOwnState(settings, state);
  if (phase !== "deploying") {
    await refuseExisting(server, settings, phase, kept === undefined ? [] : (own.deployment.resources ?? []));
    if (phase === undefined) {
      await holder.create(settings.images.grafana);
    }
    await withProgress(`Restoring the volumes from ${folder}`, (report) => holder.fill(folder, report));
  }
  // Pulumi refuses this while the `up` of an earlier run is still at work.
  await stack.importState(restoredState(state));
  await (phase === "deploying" ? holder.removeUnknown() : holder.startDeploying());

  const exitCode = await deploy({ stack, settings }, isConfirmed);
  await holder.remove();
  return exitCode;
}

/** @throws UserError if the stack's own state has credentials that are newer than the databases of the backup */
function refuseRotatedSince({ rotated, stack }: Settings, folder: string): void {
  const newer = Object.entries(rotated).filter(([, date]) => Date.parse(date) > timeOf(folder));
  if (newer.length > 0) {
    throw new UserError(
      `The backup has no state of its own, and ${newer.map(([credential]) => credential).join(", ")} of the stack ${stack} was rotated after it: its databases know the old credentials only. Take a backup with a state.json, or a newer one. Nothing was changed.`,
    );
  }
}

/** @throws UserError if the state is empty or of another stack */
function requireOwnState({ stack }: Settings, { deployment }: StackState): void {
  const [first] = deployment.resources ?? [];
  if (first === undefined) {
    throw new UserError(
      `There is no state: neither the backup nor the stack ${stack} has one. It has the passwords and tokens of the databases. Nothing was changed.`,
    );
  }
  const owner = /^urn:pulumi:([^:]+)::/.exec(first.urn)?.[1];
  if (owner !== stack) {
    throw new UserError(`The backup is of the stack ${owner ?? ""}, not of ${stack}. Nothing was changed.`);
  }
}

/** @throws UserError with everything that a restore would overwrite, except what an interrupted one has made */
async function refuseExisting(
  server: Server,
  settings: Settings,
  phase: RestorePhase | undefined,
  resources: readonly StateResource[],
): Promise<void> {
  const containers = await server.dockerLines(["ps", "--all", "--format", "{{.Names}}"]);
  const volumes = await server.dockerLines(["volume", "ls", "--format", "{{.Name}}"]);
  const remedies = [
    ...backedUp(settings)
      .filter(({ container }) => containers.includes(container))
      .map(({ container }) => `the container ${container}: \`docker rm --force ${container}\` there`),
    ...backedUp(settings)
      .filter(({ volume }) => phase === undefined && volumes.includes(volume))
      .map(({ volume }) => `the volume ${volume}: \`docker volume rm ${volume}\` there deletes its data`),
  ].map((remedy) => `The server has ${remedy}`);
  if (phase === undefined && resources.length > 0) {
    remedies.unshift(
      `The state has ${resources.length} resources (${resources.slice(0, 3).map(nameOf).join(", ")}, ...): \`pulumi destroy --stack ${settings.stack}\`, or \`pulumi state delete --all --stack ${settings.stack}\` if its server is gone for good`,
    );
  }
  if (remedies.length > 0) {
    throw new UserError("A restore overwrites nothing, and nothing was changed. In its way are:", remedies);
  }
}
