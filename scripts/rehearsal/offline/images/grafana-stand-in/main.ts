import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { json as readJson } from "node:stream/consumers";
import { isAdmin, rememberAdmin, setAdminPassword } from "./admin";
import { type Answer, json, messageOf } from "./answer";
import { dashboardAnswer, queryAnswer } from "./dashboardApi";
import { provisionAlerting } from "./alerting";
import { type DataSource, health, provisionDataSources, published } from "./dataSources";
import { hasSession, pageAnswer } from "./pages";
import { port, provisioningFolder } from "./paths";
import type { QueryRequest } from "./queryRequest";
import { upgradeAnswer } from "./live";
import { loadState, saveState, type State } from "./state";

/** The version of Grafana that this plays; the bundle has it in place of the name. */
declare const GRAFANA_VERSION: string;

/** What was provisioned, now or before. */
interface Provisioned {
  readonly dataSources: readonly DataSource[];
  readonly state: State;
}

async function answer(request: IncomingMessage, provisioned: Provisioned): Promise<Answer> {
  const url = new URL(request.url ?? "/", "http://localhost");
  const page = await pageAnswer(request, url);
  if (page !== undefined) {
    return page;
  }
  if (url.pathname === "/api/health") {
    return json(200, { database: "ok", version: `${GRAFANA_VERSION} (stand-in)` });
  }
  if (!isAdmin(request.headers.authorization) && !hasSession(request)) {
    return json(401, { message: "Invalid username or password" });
  }
  return (
    (await apiAnswer(request, url.pathname, provisioned)) ??
    json(404, { message: "This is a stand-in for Grafana: it does not have this." })
  );
}

async function apiAnswer(
  request: IncomingMessage,
  path: string,
  { dataSources, state }: Provisioned,
): Promise<Answer | undefined> {
  if (request.method === "POST" && path === "/api/viewer/query") {
    return queryAnswer((await readJson(request)) as QueryRequest, dataSources);
  }
  if (request.method !== "GET") {
    return undefined;
  }
  switch (path) {
    case "/api/datasources": {
      const others = state.dataSources.filter(({ uid }) => dataSources.every((each) => each.uid !== uid));
      return json(200, [...dataSources.map(published), ...others]);
    }
    case "/api/v1/provisioning/policies":
      return json(200, state.policies);
    case "/api/v1/provisioning/alert-rules":
      return json(200, state.rules);
    case "/api/v1/provisioning/contact-points":
      return json(
        200,
        state.receivers.flatMap(({ name, uids }) => uids.map((uid) => ({ uid, name }))),
      );
    default:
      return (await healthAnswer(path, dataSources)) ?? dashboardAnswer(path);
  }
}

async function healthAnswer(path: string, dataSources: readonly DataSource[]): Promise<Answer | undefined> {
  const uid = /^\/api\/datasources\/uid\/([^/]+)\/health$/.exec(path)?.[1];
  const dataSource = dataSources.find((each) => each.uid === uid);
  if (dataSource === undefined) {
    return undefined;
  }
  const { ok, message } = await health(dataSource);
  return json(ok ? 200 : 400, { status: ok ? "OK" : "ERROR", message });
}

function serve(): void {
  rememberAdmin();
  const state = loadState(GRAFANA_VERSION);
  const dataSources = provisionDataSources(join(provisioningFolder, "datasources"), state);
  provisionAlerting(join(provisioningFolder, "alerting"), state);
  saveState(state);
  const server = createServer((request, response) => {
    void answer(request, { dataSources, state })
      .catch((error: unknown) => json(500, { message: String(error) }))
      .then(({ status, headers, body }) => response.writeHead(status, headers).end(body));
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
    socket.on("error", () => socket.destroy());
    socket.write(upgradeAnswer(request));
  });
  server.listen(port, () => {
    console.log(
      `This is a stand-in for Grafana, with ${dataSources.length} data source(s), on port ${port}.`,
    );
  });
  // Node as PID 1 has no default action for it. The line is Grafana's (pkg/server/server.go).
  process.on("SIGTERM", () => {
    console.log('logger=server level=info msg="Shutdown started" reason="System signal: terminated"');
    process.exit(0);
  });
}

const command = process.argv.slice(2).join(" ");
if (command === "server") {
  try {
    serve();
  } catch (error) {
    // As Grafana ends (pkg/server/server.go).
    console.error(`Error: ✗ ${messageOf(error)}`);
    process.exitCode = 1;
  }
} else if (/^cli --homepath \S+ admin reset-admin-password --password-from-stdin$/.test(command)) {
  setAdminPassword(readFileSync(0, "utf8").trim());
} else {
  console.error(`This is a stand-in for Grafana: it does not know \`grafana ${command}\`.`);
  process.exitCode = 1;
}
