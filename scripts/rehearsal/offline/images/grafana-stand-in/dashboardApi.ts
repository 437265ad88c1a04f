import { join } from "node:path";
import { type Answer, json, messageOf } from "./answer";
import { type Dashboard, loadDashboard, loadDashboards } from "./dashboards";
import type { DataSource } from "./dataSources";
import { provisioningFolder } from "./paths";
import { runQueries } from "./queries";
import type { QueryRequest } from "./queryRequest";

/** Grafana's API of dashboards, as far as the page that draws them asks. */
export function dashboardAnswer(path: string): Answer | undefined {
  const dashboards = currentDashboards();
  if (path === "/api/search") {
    return json(
      200,
      dashboards.map(({ dashboard: { uid, title, tags = [] }, folder }) => ({
        uid,
        title,
        tags,
        folderTitle: folder,
        type: "dash-db",
        url: `/d/${uid}`,
      })),
    );
  }
  if (path === "/api/dashboards/home") {
    const file = process.env["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"];
    return dashboardJson(file === undefined ? dashboards[0]?.dashboard : loadDashboard(file));
  }
  const uid = /^\/api\/dashboards\/uid\/([^/]+)$/.exec(path)?.[1];
  return uid === undefined
    ? undefined
    : dashboardJson(dashboards.find(({ dashboard }) => dashboard.uid === uid)?.dashboard);
}

/** What a panel or a variable shows. The page asks for it in a form of its own, which Grafana does not have. */
export async function queryAnswer(
  request: QueryRequest,
  dataSources: readonly DataSource[],
): Promise<Answer> {
  try {
    return json(200, {
      frames: await runQueries(
        request,
        currentDashboards().map(({ dashboard }) => dashboard),
        dataSources,
      ),
    });
  } catch (error) {
    return json(400, { message: messageOf(error) });
  }
}

/** They are read again for each request, as Grafana reads them again when they change. */
function currentDashboards(): ReturnType<typeof loadDashboards> {
  return loadDashboards(join(provisioningFolder, "dashboards"));
}

function dashboardJson(dashboard: Dashboard | undefined): Answer {
  return dashboard === undefined
    ? json(404, { message: "Dashboard not found" })
    : json(200, { meta: { provisioned: true, canEdit: false }, dashboard });
}
