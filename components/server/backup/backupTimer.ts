import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { type Managed, type ManagedFile, fileStates, rootFile, unitFile } from "../../machine/installed";
import { RemoteScript } from "../../machine/remoteScript";
import type { Vps } from "../../settings/settings";
import { render } from "../../template";
import { resources } from "../resourceNames";
import { type BackupView, renderBackup } from "./backup";

const timer = "pi-monitoring-backup.timer";

export interface BackupTimerView extends BackupView {
  /** Time of day, in UTC. */
  readonly at: string;
  /** The user that runs Docker on the VPS. */
  readonly user: string;
}

/** A timer on the VPS that backs it up every day. The backups outlive it. */
export class BackupTimer extends pulumi.ComponentResource {
  constructor(
    name: string,
    { vps, view }: { readonly vps: Vps; readonly view: BackupTimerView },
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("pi-monitoring:index:BackupTimer", name, {}, opts);
    const script = renderBackupTimer(view);
    new RemoteScript(resources.backup, { machine: vps, script }, { parent: this });
    this.registerOutputs({});
  }
}

/** The shell script that installs the timer; it holds no secret. */
export function renderBackupTimer(view: BackupTimerView): string {
  return render(join(__dirname, "backupTimer.sh.mustache"), "shell", { ...view, files: files(view), timer });
}

/** What the timer installs on the VPS. */
export function managedOnVps(view: BackupTimerView | undefined): Managed {
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
    rootFile("/usr/local/sbin/pi-monitoring-backup", "0755", renderBackup(view)),
    unitFile("pi-monitoring-backup.service", units.service),
    unitFile(timer, units.timer),
  ];
}

/** The systemd units of the timer. */
export function renderUnits(view: BackupTimerView): Record<"service" | "timer", string> {
  const unit = (kind: string): string =>
    render(join(__dirname, `backupTimer.${kind}.mustache`), "systemd", view);
  return { service: unit("service"), timer: unit("timer") };
}
