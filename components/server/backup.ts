import { join } from "node:path";
import type { Settings } from "../settings";
import { render } from "../template";
import { lastBackupFile } from "./telegraf";

/** A container whose data is backed up. */
export interface BackedUp {
  readonly container: string;
  readonly volume: string;
  /** Where the container has the volume. */
  readonly path: string;
  /** Whether it must stop for the copy to be whole: databases do. */
  readonly stop: boolean;
}

/** What of the server cannot be made anew. What waits in Telegraf's buffer is not here: it is on its way. */
export const backedUp: readonly BackedUp[] = [
  { container: "influxdb", volume: "influxdb2", path: "/var/lib/influxdb2", stop: true },
  { container: "grafana", volume: "grafana-storage", path: "/var/lib/grafana", stop: true },
  { container: "https-portal", volume: "https-portal", path: "/var/lib/https-portal", stop: false },
];

/** What the backup script is rendered from. */
export interface BackupView extends Pick<Settings["backup"], "keep" | "folder"> {
  readonly backedUp: readonly BackedUp[];
  /** A file in a container, made at every backup. */
  readonly lastBackup?: string;
}

/** The shell script that runs on the server and makes a dated folder there; see the template. */
export function renderBackup(view: BackupView): string {
  return render(join(__dirname, "backup.sh.mustache"), "shell", {
    lastBackup: `telegraf:${lastBackupFile}`,
    ...view,
  });
}
