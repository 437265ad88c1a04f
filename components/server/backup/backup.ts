import { join } from "node:path";
import type { Settings } from "../../settings/settings";
import { render } from "../../template";
import { containers, volumes } from "../resourceNames";
import { lastBackupFile, telegrafName } from "../telegraf/telegraf";

/** A container whose data is backed up. */
export interface BackedUp {
  readonly container: string;
  readonly volume: string;
  /** Where the container has the volume. */
  readonly path: string;
  /** Whether it stops during the copy: a running database has no consistent files. */
  readonly stop: boolean;
}

/** What the program keeps on the server and cannot make again. Telegraf's buffer is left out: it is on its way. */
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
    ...(influxdb.kind === "external" ? [] : [influxDb]),
    grafana,
    ...(ingress.kind === "portal" ? [portal] : []),
  ];
}

/** What the user runs, and so backs up. */
export function backedUpByOthers({ influxdb, ingress }: Pick<Settings, "influxdb" | "ingress">): string[] {
  return [
    ...(influxdb.kind === "external" ? [`the samples, in the InfluxDB at ${influxdb.url}`] : []),
    ...(ingress.kind === "existing" ? [`the portal ${ingress.container}`] : []),
    ...(ingress.kind === "loopback" ? ["the web server on ports 80 and 443, and its certificates"] : []),
  ];
}

/** The values of the backup script. */
export interface BackupView extends Pick<Settings["backup"], "keep" | "folder"> {
  readonly backedUp: readonly BackedUp[];
  /** A file in a container, made at every backup. */
  readonly lastBackup: string;
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

/** The shell script that runs on the server and makes a dated folder there. */
export function renderBackup(view: BackupView): string {
  return render(join(__dirname, "backup.sh.mustache"), "shell", view);
}
