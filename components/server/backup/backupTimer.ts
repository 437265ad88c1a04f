import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { type Managed, type ManagedFile, fileStates, rootFile, unitFile } from "../../machine/installed";
import { RemoteScript } from "../../machine/remoteScript";
import type { Settings, Vps } from "../../settings/settings";
import { render } from "../../template";
import { resources } from "../resourceNames";
import { backupView, type BackupView, renderBackup } from "./backup";

const timer = "pi-monitoring-backup.timer";
const program = "/usr/local/sbin/pi-monitoring-backup";

export interface BackupTimerView extends BackupView {
  /** Time of day, in UTC. */
  readonly at: string;
  /** The user that runs Docker on the VPS. */
  readonly user: string;
}

/** What the timer needs; undefined where the settings want none. */
export function backupTimerView(
  settings: Pick<Settings, "vps" | "backup" | "influxdb" | "existing" | "ingress">,
): BackupTimerView | undefined {
  const { vps, backup } = settings;
  return vps === "local" || backup.at === undefined
    ? undefined
    : { ...backupView(settings), at: backup.at, user: vps.user };
}

/** A timer on the VPS that backs it up every day. The backups outlive it. */
export class BackupTimer extends pulumi.ComponentResource {
  /** @param opts depend on Telegraf, which reports the age of the last backup */
  constructor(
    name: string,
    { vps, view }: { readonly vps: Vps; readonly view: BackupTimerView },
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("pi-monitoring:index:BackupTimer", name, {}, opts);
    const script = renderBackupTimer(view);
    new RemoteScript(resources.backupScript, { machine: vps, script }, { parent: this });
    this.registerOutputs({});
  }
}

/** The shell script that installs the timer; it holds no secret. */
export function renderBackupTimer(view: BackupTimerView): string {
  return render(join(__dirname, "backupTimer.sh.mustache"), "shell", {
    ...view,
    files: files(view),
    timer,
    program,
  });
}

/** What `npm run doctor` looks for on the VPS: the timer, if there is one, and disks that are not full. */
export function expectedOnVps(view: BackupTimerView | undefined): Managed {
  return {
    packages: [],
    files: view === undefined ? [] : fileStates(files(view)),
    daemons: [],
    units: view === undefined ? [] : [timer],
    metrics: [],
    disks: ["/", "/var/lib/docker"],
  };
}

function files(view: BackupTimerView): ManagedFile[] {
  const units = renderUnits(view);
  return [
    rootFile(program, "0755", renderBackup(view)),
    unitFile("pi-monitoring-backup.service", units.service),
    unitFile(timer, units.timer),
  ];
}

/** The systemd units of the timer. */
export function renderUnits(view: BackupTimerView): Record<"service" | "timer", string> {
  const unit = (kind: string): string =>
    render(join(__dirname, `backupTimer.${kind}.mustache`), "systemd", { ...view, program });
  return { service: unit("service"), timer: unit("timer") };
}
