import { stringify } from "yaml";

/** Where the container has the dashboards. */
export const dashboardFolder = "/etc/grafana/dashboards";

/** Grafana's provisioning file that says where dashboards are, and that nobody may edit them. */
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
