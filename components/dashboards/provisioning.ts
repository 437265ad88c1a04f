import { stringify } from "yaml";

/** Where the container has the dashboards. */
export const dashboardFolder = "/etc/grafana/dashboards";

/** Grafana's provisioning file with the folder of the dashboards, which users may not edit. */
export function renderDashboardProvider(): string {
  return stringify({
    apiVersion: 1,
    providers: [
      {
        name: "pi-monitoring",
        folder: "Pi monitoring",
        type: "file",
        allowUiUpdates: false,
        options: { path: dashboardFolder },
      },
    ],
  });
}
