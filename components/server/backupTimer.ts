import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { RemoteScript } from "../remoteScript";
import type { Vps } from "../settings";
import { render } from "../template";
import { type BackupView, renderBackup } from "./backup";

export interface BackupTimerArgs extends BackupView {
  readonly vps: Vps;
  /** Time of day, in UTC. */
  readonly at: string;
}

/** A timer on the VPS that backs it up every day. The backups outlive it. */
export class BackupTimer extends pulumi.ComponentResource {
  constructor(name: string, args: BackupTimerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pi-monitoring:index:BackupTimer", name, {}, opts);
    const { vps } = args;
    const script = renderBackupTimer({ ...args, user: vps.user });
    new RemoteScript(`${name}-script`, { machine: vps, script }, { parent: this });
    this.registerOutputs({});
  }
}

/** What the timer is rendered from. */
export interface BackupTimerView extends Omit<BackupTimerArgs, "vps"> {
  /** Whoever runs Docker on the VPS. */
  readonly user: string;
}

/** The shell script that installs the timer; it holds no secret. */
export function renderBackupTimer(view: BackupTimerView): string {
  return render(join(__dirname, "backupTimer.sh.mustache"), "shell", {
    ...view,
    ...renderUnits(view),
    script: renderBackup(view),
  });
}

/** The systemd units of the timer. */
export function renderUnits(view: BackupTimerView): Record<"service" | "timer", string> {
  const unit = (kind: string): string =>
    render(join(__dirname, `backupTimer.${kind}.mustache`), "systemd", view);
  return { service: unit("service"), timer: unit("timer") };
}
