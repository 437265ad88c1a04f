import { mistakesInRules, renderOwnRules } from "../../alerts/ownRules";
import { mistakesInDashboards } from "../../dashboards/ownDashboards";
import { ownDashboardFolder } from "../../dashboards/provisioning";
import type { Settings } from "../../settings/settings";
import { UserError } from "../../userError";
import type { ContainerFile } from "../engine/serverContainer";

/** @throws UserError with every mistake in a dashboard or a rule of the user's: a wrong rule would stop Grafana */
export function checkOwnFiles(settings: Settings): void {
  const mistakes = [...mistakesInDashboards(settings), ...mistakesInRules(settings)];
  if (mistakes.length > 0) {
    throw new UserError("Some files for Grafana cannot be used:", mistakes);
  }
}

/** The user's dashboards and rules as files of the container. */
export function ownFiles(settings: Settings, provisioningFolder: string): ContainerFile[] {
  const { dashboards = [], rules = [] } = settings.grafana;
  return [
    ...dashboards.map(({ name, content }) => ({ path: `${ownDashboardFolder}/${name}`, content })),
    ...rules.map((file) => ({
      // After `rules.yaml`, in the order in which Grafana reads them: that one deletes what may be in the way of a new rule.
      path: `${provisioningFolder}/alerting/users-${file.name}`,
      content: renderOwnRules(file, settings),
    })),
  ];
}
