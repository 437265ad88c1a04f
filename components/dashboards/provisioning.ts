import { stringify } from "yaml";
import type { Settings } from "../settings/settings";

/** Where the container has the dashboards. */
export const dashboardFolder = "/etc/grafana/dashboards";

/** Where the container has those of the user's. */
export const ownDashboardFolder = "/etc/grafana/own-dashboards";

/** The folder of the user's dashboards in Grafana. */
export const ownDashboardsFolder = "Own dashboards";

/**
 * Grafana's provisioning file with the folders of the dashboards, which users may not edit. Grafana deletes the dashboards
 * of a folder that is no longer here, and keeps those of one that does not exist on the disk: source,
 * `CleanUpOrphanedDashboards` and `walkDisk` of its pkg/services/provisioning/dashboards.
 */
export function renderDashboardProvider({ grafana }: Pick<Settings, "grafana">): string {
  const own = { name: "pi-monitoring-own", folder: ownDashboardsFolder, path: ownDashboardFolder };
  const folders = [
    { name: "pi-monitoring", folder: "Pi monitoring", path: dashboardFolder },
    ...(grafana.dashboards === undefined ? [] : [own]),
  ];
  return stringify({
    apiVersion: 1,
    providers: folders.map(({ name, folder, path }) => ({
      name,
      folder,
      type: "file",
      allowUiUpdates: false,
      options: { path },
    })),
  });
}
