import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { json as jsonOf } from "node:stream/consumers";
import { type Answer, json } from "./answer";
import { type Dashboard, loadDashboard, loadDashboards } from "./dashboards";
import type { DataSource } from "./dataSources";
import { provisioningFolder } from "./paths";
import { type QueryRequest, runQueries } from "./queries";

/** Grafana's API of dashboards, as far as the page that draws them asks; and the one below it, which is ours. */
export async function dashboardAnswer(
  request: IncomingMessage,
  path: string,
  dataSources: readonly DataSource[],
): Promise<Answer | undefined> {
  // They are read again for each request, as Grafana reads them again when they change.
  const dashboards = loadDashboards(join(provisioningFolder, "dashboards"));
  if (request.method === "POST" && path === "/api/viewer/query") {
    return queryAnswer((await jsonOf(request)) as QueryRequest, dashboards, dataSources);
  }
  if (request.method !== "GET") {
    return undefined;
  }
  if (path === "/api/search") {
    return json(
      200,
      dashboards.map(({ uid, title, tags = [] }) => ({
        uid,
        title,
        tags,
        type: "dash-db",
        url: `/d/${uid}`,
      })),
    );
  }
  if (path === "/api/dashboards/home") {
    const file = process.env["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"];
    return dashboardJson(file === undefined ? dashboards[0] : loadDashboard(file));
  }
  const uid = /^\/api\/dashboards\/uid\/([^/]+)$/.exec(path)?.[1];
  return uid === undefined ? undefined : dashboardJson(dashboards.find((each) => each.uid === uid));
}

function dashboardJson(dashboard: Dashboard | undefined): Answer {
  return dashboard === undefined
    ? json(404, { message: "Dashboard not found" })
    : json(200, { meta: { provisioned: true, canEdit: false }, dashboard });
}

async function queryAnswer(
  request: QueryRequest,
  dashboards: readonly Dashboard[],
  dataSources: readonly DataSource[],
): Promise<Answer> {
  try {
    return json(200, { frames: await runQueries(request, dashboards, dataSources) });
  } catch (error) {
    return json(400, { message: error instanceof Error ? error.message : String(error) });
  }
}
