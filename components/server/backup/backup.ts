import { join } from "node:path";
import { ingressOf, type Settings } from "../../settings/settings";
import { render } from "../../template";
import { containers, volumes } from "../resourceNames";
import { lastBackupFile, telegrafName } from "../telegraf/telegraf";

/** A container whose data is backed up. */
export interface BackedUp {
  readonly container: string;
  readonly volume: string;
  /** Where the container has the volume. */
  readonly path: string;
  /** Whether it must stop for the copy to be whole: databases do. */
  readonly stop: boolean;
}

/**
 * What of the server cannot be made anew, and is not somebody else's. What waits in Telegraf's buffer is not here: it
 * is on its way.
 */
export function backedUp({
  influxdb,
  existing,
  ingress,
}: Pick<Settings, "influxdb" | "existing" | "ingress">): BackedUp[] {
  const influxDb = {
    container: containers.influxdb,
    volume: existing.volumes.influxdb ?? volumes.influxdb,
    path: "/var/lib/influxdb2",
    stop: true,
  };
  const grafana = {
    container: containers.grafana,
    volume: existing.volumes.grafana ?? volumes.grafana,
    path: "/var/lib/grafana",
    stop: true,
  };
  const portal = {
    container: containers.httpsPortal,
    volume: volumes.httpsPortal,
    path: "/var/lib/https-portal",
    stop: false,
  };
  return [
    ...(influxdb.url === undefined ? [influxDb] : []),
    grafana,
    ...(ingressOf({ existing, ingress }).kind === "portal" ? [portal] : []),
  ];
}

/** What somebody else runs, and so backs up. */
export function backedUpByOthers({
  influxdb,
  existing,
  ingress,
}: Pick<Settings, "influxdb" | "existing" | "ingress">): string[] {
  return [
    ...(influxdb.url === undefined ? [] : [`the samples, in the InfluxDB at ${influxdb.url}`]),
    ...(existing.httpsPortal === undefined ? [] : [`the portal ${existing.httpsPortal}`]),
    ...(ingress.loopback === undefined ? [] : ["the web server on ports 80 and 443, and its certificates"]),
  ];
}

/** What the backup script is rendered from. */
export interface BackupView extends Pick<Settings["backup"], "keep" | "folder"> {
  readonly backedUp: readonly BackedUp[];
  /** A file in a container, made at every backup. */
  readonly lastBackup?: string;
}

/** What is backed up with these settings. */
export function backupView(
  settings: Pick<Settings, "backup" | "influxdb" | "existing" | "ingress">,
): BackupView {
  const { keep, folder } = settings.backup;
  return {
    keep,
    folder,
    backedUp: backedUp(settings),
    lastBackup: `${telegrafName(settings)}:${lastBackupFile}`,
  };
}

/** The shell script that runs on the server and makes a dated folder there; see the template. */
export function renderBackup(view: BackupView): string {
  return render(join(__dirname, "backup.sh.mustache"), "shell", {
    lastBackup: `${containers.telegraf}:${lastBackupFile}`,
    ...view,
  });
}
