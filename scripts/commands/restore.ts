import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { backedUp, backedUpByOthers } from "../../components/server/backup/backup";
import { stackLabel } from "../../components/server/engine/serverContainer";
import type { Settings } from "../../components/settings/settings";
import {
  archiveOf,
  checksum,
  checksumsFile,
  imagesFile,
  stateFile,
  verifyBackup,
} from "../backup/backupFolder";
import { runCommand, UserError } from "../cli/command";
import { deploy } from "../stack/deploy";
import { clearInterruption } from "../stack/interruption";
import { Server } from "../remote/server";
import { openStack } from "../rehearsal/openStack";
import type { Report } from "../rehearsal/toolchain/part";
import { withProgress } from "../cli/progress";
import { restoredState } from "../backup/restoredState";
import type { Checkpoint } from "../stack/state";

/**
 * A container that never runs. It holds the volumes of a restore; its label tells of which backup, its name how far
 * that has come. So a restore that was interrupted can be told from somebody's data, and goes on.
 */
const holder = { filling: "pi-monitoring-restore-filling", deploying: "pi-monitoring-restore-deploying" };
type Phase = keyof typeof holder;
const backupLabel = "pi-monitoring.restore";

/** `npm run restore -- STACK FOLDER [--yes]`: an empty stack becomes what it was when the backup was made. */
runCommand({ yes: { type: "boolean" } }, async ({ values, positionals: [name, path] }) => {
  if (name === undefined || path === undefined) {
    throw new UserError("Which stack, from which backup? `npm run restore -- STACK FOLDER`");
  }
  const folder = resolve(path);
  const stack = await openStack(name);
  const settings = await stack.settings();
  const server = new Server(settings.vps);
  const files = await verifyBackup(folder, settings);
  const backup = await checksum(join(folder, checksumsFile));
  await clearInterruption(stack);
  for (const other of backedUpByOthers(settings)) {
    console.log(`Not restored, as it must be there: ${other}`);
  }
  const kept = files.includes(stateFile) ? await readFile(join(folder, stateFile), "utf8") : undefined;

  if (kept === undefined) {
    refuseRotatedSince(settings, basename(folder));
  }

  const phase = await readPhase(server, settings, backup);
  const own = await stack.exportState();
  const state = restoredState(parseState(settings, phase !== "deploying" && kept !== undefined ? kept : own));
  if (phase !== "deploying") {
    await refuseExisting(server, settings, phase, kept === undefined ? [] : resourcesOf(own));
    if (phase === undefined) {
      await createHolder(server, settings, backup, await imageOf("grafana", folder));
    }
    await withProgress(`Restoring the volumes from ${folder}`, (report) =>
      fillVolumes(server, settings, folder, report),
    );
  }
  // Refused by Pulumi while the `up` of an earlier run is still at work.
  await stack.importState(state);
  if (phase === "deploying") {
    await removeUnknown(server, settings);
  } else {
    await server.docker(["rename", holder.filling, holder.deploying]);
  }

  const exitCode = await deploy({ stack, settings }, values.yes === true);
  await server.docker(["rm", "--volumes", holder.deploying]);
  console.log(
    exitCode === 0
      ? `${name} is restored from ${folder}.`
      : `The data and the state are restored, but not everything is set up: \`npm run deploy -- ${name}\` goes on.`,
  );
  return exitCode;
});

/** @throws UserError if the stack's own state has credentials that are newer than what the databases know */
function refuseRotatedSince({ rotated, stack }: Settings, name: string): void {
  const [, day = "", time = ""] = /^(\d{4}-\d\d-\d\d)T(\d{6})Z/.exec(name) ?? [];
  const made = Date.parse(`${day}T${time.replace(/(..)(..)(..)/, "$1:$2:$3")}Z`);
  const newer = Object.entries(rotated).filter(([, date]) => Date.parse(date) > made);
  if (newer.length > 0) {
    throw new UserError(
      `The backup has no state of its own, and ${newer.map(([credential]) => credential).join(", ")} of the stack ${stack} was rotated since it was made: its databases know the old ones only. Take a backup with a state.json, or a newer one. Nothing was changed.`,
    );
  }
}

/** How far an earlier run has come, if it was interrupted. */
async function readPhase(server: Server, settings: Settings, backup: string): Promise<Phase | undefined> {
  const format = `{{.Names}} {{.Label "${backupLabel}"}}`;
  const listed = await server.docker(["ps", "--all", "--format", format]);
  for (const phase of ["filling", "deploying"] as const) {
    const label = new RegExp(`^${holder[phase]} (.*)$`, "m").exec(listed)?.[1];
    if (label !== undefined && label !== backup) {
      const volumes = backedUp(settings)
        .map(({ volume }) => volume)
        .join(" ");
      throw new UserError(
        `The restore of another backup was interrupted on this server. Finish it with that backup, or give it up: \`docker rm --volumes ${holder[phase]}\` there, and for an empty server \`docker volume rm ${volumes}\`.`,
      );
    }
    if (label !== undefined) {
      return phase;
    }
  }
  return undefined;
}

/** @throws UserError with everything that a restore would overwrite, but for what an interrupted one has made */
async function refuseExisting(
  server: Server,
  settings: Settings,
  phase: Phase | undefined,
  resources: readonly string[],
): Promise<void> {
  const list = async (...words: string[]): Promise<string[]> => (await server.docker(words)).split("\n");
  const containers = await list("ps", "--all", "--format", "{{.Names}}");
  const volumes = await list("volume", "ls", "--format", "{{.Name}}");
  const remedies = [
    ...backedUp(settings)
      .filter(({ container }) => containers.includes(container))
      .map(({ container }) => `the container ${container}: \`docker rm --force ${container}\` there`),
    ...backedUp(settings)
      .filter(({ volume }) => phase === undefined && volumes.includes(volume))
      .map(({ volume }) => `the volume ${volume}: \`docker volume rm ${volume}\` there loses what is in it`),
  ].map((remedy) => `  The server has ${remedy}`);
  if (phase === undefined && resources.length > 0) {
    remedies.unshift(
      `  The state has ${resources.length} resources (${resources.slice(0, 3).join(", ")}, ...): \`pulumi destroy --stack ${settings.stack}\`, or \`pulumi state delete --all --stack ${settings.stack}\` if its server is gone for good`,
    );
  }
  if (remedies.length > 0) {
    throw new UserError(
      ["A restore overwrites nothing, and nothing was changed. In its way are:", ...remedies].join("\n"),
    );
  }
}

function resourcesOf(state: string): string[] {
  const { deployment } = JSON.parse(state) as Checkpoint;
  return (deployment.resources ?? []).map(({ urn }) => urn.split("::").at(-1) ?? urn);
}

function parseState({ stack }: Settings, state: string): Checkpoint {
  const checkpoint = JSON.parse(state) as Checkpoint;
  const [first] = checkpoint.deployment.resources ?? [];
  if (first === undefined) {
    throw new UserError(
      `There is no state: neither the backup nor the stack ${stack} has one. Without it nobody knows the passwords and tokens of the databases. Nothing was changed.`,
    );
  }
  const owner = /^urn:pulumi:([^:]+)::/.exec(first.urn)?.[1];
  if (owner !== stack) {
    throw new UserError(`The backup is of the stack ${owner ?? ""}, not of ${stack}. Nothing was changed.`);
  }
  return checkpoint;
}

/** The image that a container ran when the backup was made. */
async function imageOf(container: string, folder: string): Promise<string> {
  const lines = (await readFile(join(folder, imagesFile), "utf8")).split("\n");
  const image = lines.find((line) => line.startsWith(`${container} `))?.slice(container.length + 1);
  if (image === undefined) {
    throw new UserError(`${folder} cannot be used: ${imagesFile} does not name the image of ${container}.`);
  }
  return image;
}

/** Makes the volumes, with the label that the program gives them, in one step with the container that holds them. */
async function createHolder(
  server: Server,
  settings: Settings,
  backup: string,
  image: string,
): Promise<void> {
  const { label, value } = ownLabel(settings);
  const mounts = backedUp(settings).flatMap(({ volume, path }) => [
    "--mount",
    `type=volume,src=${volume},dst=${path},volume-label=${label}=${value},volume-nocopy`,
  ]);
  const labels = [`${label}=${value}`, `${backupLabel}=${backup}`].flatMap((each) => ["--label", each]);
  await server.docker(["create", "--name", holder.filling, ...labels, ...mounts, image]);
}

/** An `up` that was killed may have made what its state does not tell of, and the next one finds the name taken. */
async function removeUnknown(server: Server, settings: Settings): Promise<void> {
  const { label, value } = ownLabel(settings);
  const ours = ["--filter", `label=${label}=${value}`, "--format"];
  const list = async (...words: string[]): Promise<string[]> => {
    const names = (await server.docker(words)).trim().split("\n");
    return names.filter((name) => name !== "" && name !== holder.deploying);
  };
  const containers = await list("ps", "--all", ...ours, "{{.Names}}");
  const networks = await list("network", "ls", ...ours, "{{.Name}}");
  for (const container of containers) {
    await server.docker(["rm", "--force", "--volumes", container]);
  }
  for (const network of networks) {
    await server.docker(["network", "rm", network]);
  }
}

function ownLabel({ stack }: Settings): { label: string; value: string } {
  return stackLabel(stack);
}

/** As often as it runs: the same archive makes the same files. */
async function fillVolumes(
  server: Server,
  settings: Settings,
  folder: string,
  report: Report,
): Promise<void> {
  for (const { container, volume, path } of backedUp(settings)) {
    report(volume);
    // The archive begins with the volume's own folder, so that its owner is restored too.
    const unpack = ["cp", "-", `${holder.filling}:${dirname(path)}`];
    await server.docker(unpack, { inputFile: join(folder, archiveOf(container)) });
  }
}
