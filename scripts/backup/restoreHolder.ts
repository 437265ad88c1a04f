import { dirname, join } from "node:path";
import { backedUp } from "../../components/server/backup/backup";
import { stackLabel } from "../../components/server/engine/serverContainer";
import type { Settings } from "../../components/settings/settings";
import { UserError } from "../../components/userError";
import type { Report } from "../cli/progress";
import type { Server } from "../remote/server";
import { archiveOf } from "./backupFolder";

/** The names of the container, by the phase of the restore. */
const names = { filling: "pi-monitoring-restore-filling", deploying: "pi-monitoring-restore-deploying" };
const backupLabel = "pi-monitoring.restore";

export type RestorePhase = keyof typeof names;

/**
 * A container that never runs and holds the volumes of a restore. Its label names the backup, and its own name the
 * phase. So an interrupted restore is not taken for existing data, and can continue.
 */
export class RestoreHolder {
  /** @param backup the checksum of the backup */
  constructor(
    private readonly server: Server,
    private readonly settings: Settings,
    private readonly backup: string,
  ) {}

  /**
   * The phase in which an earlier restore was interrupted.
   *
   * @throws UserError if that was of another backup
   */
  async phase(): Promise<RestorePhase | undefined> {
    const format = `{{.Names}} {{.Label "${backupLabel}"}}`;
    const listed = await this.server.docker(["ps", "--all", "--format", format]);
    for (const phase of ["filling", "deploying"] as const) {
      const label = new RegExp(`^${names[phase]} (.*)$`, "m").exec(listed)?.[1];
      if (label === this.backup) {
        return phase;
      }
      if (label !== undefined) {
        const volumes = backedUp(this.settings).map(({ volume }) => volume);
        throw new UserError(
          `The restore of another backup was interrupted on this server. Finish it with that backup, or give it up: \`docker rm --volumes ${names[phase]}\` there, and for an empty server \`docker volume rm ${volumes.join(" ")}\`.`,
        );
      }
    }
    return undefined;
  }

  /** Makes the container and the volumes, with the label of the stack, in one step. */
  async create(image: string): Promise<void> {
    const { label, value } = stackLabel(this.settings.stack);
    const mounts = backedUp(this.settings).flatMap(({ volume, path }) => [
      "--mount",
      `type=volume,src=${volume},dst=${path},volume-label=${label}=${value},volume-nocopy`,
    ]);
    const labels = ["--label", `${label}=${value}`, "--label", `${backupLabel}=${this.backup}`];
    await this.server.docker(["create", "--name", names.filling, ...labels, ...mounts, image]);
  }

  /** Unpacks the archives into the volumes. It can be repeated, as the same archive makes the same files. */
  async fill(folder: string, report: Report): Promise<void> {
    for (const { container, volume, path } of backedUp(this.settings)) {
      report(volume);
      // The archive begins with the volume's own folder, so that its owner is restored too.
      const unpack = ["cp", "-", `${names.filling}:${dirname(path)}`];
      await this.server.docker(unpack, { inputFile: join(folder, archiveOf(container)) });
    }
  }

  async startDeploying(): Promise<void> {
    await this.server.docker(["rename", names.filling, names.deploying]);
  }

  /** Removes what a killed `up` has made without its state: the next one would find the names taken. */
  async removeUnknown(): Promise<void> {
    const { label, value } = stackLabel(this.settings.stack);
    const ours = ["--filter", `label=${label}=${value}`, "--format"];
    const containers = await this.server.dockerLines(["ps", "--all", ...ours, "{{.Names}}"]);
    const networks = await this.server.dockerLines(["network", "ls", ...ours, "{{.Name}}"]);
    for (const container of containers.filter((name) => name !== names.deploying)) {
      await this.server.docker(["rm", "--force", "--volumes", container]);
    }
    for (const network of networks) {
      await this.server.docker(["network", "rm", network]);
    }
  }

  async remove(): Promise<void> {
    await this.server.docker(["rm", "--volumes", names.deploying]);
  }
}
