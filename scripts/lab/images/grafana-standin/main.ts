import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { isAdmin, rememberAdmin, setAdminPassword } from "./admin";
import { provisionAlerting } from "./alerting";
import { type DataSource, health, provisionDataSources, published } from "./dataSources";
import { loadState, saveState, type State } from "./state";

/** The version of Grafana that this plays; the bundle has it in place of the name. */
declare const GRAFANA_VERSION: string;

const provisioning = "/etc/grafana/provisioning";

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function answer(
  request: IncomingMessage,
  dataSources: readonly DataSource[],
  state: State,
): Promise<Answer> {
  const path = (request.url ?? "").replace(/\?.*/, "");
  if (request.method !== "GET") {
    return { status: 405, body: { message: "This is a stand-in for Grafana: it only answers GET." } };
  }
  if (path === "/") {
    return { status: 200, body: { message: "This is a stand-in for Grafana." } };
  }
  if (path === "/api/health") {
    return { status: 200, body: { database: "ok", version: `${GRAFANA_VERSION} (stand-in)` } };
  }
  if (!isAdmin(request.headers.authorization)) {
    return { status: 401, body: { message: "Invalid username or password" } };
  }
  if (path === "/api/datasources") {
    const others = state.dataSources.filter(({ uid }) => dataSources.every((each) => each.uid !== uid));
    return { status: 200, body: [...dataSources.map(published), ...others] };
  }
  if (path === "/api/v1/provisioning/policies") {
    return { status: 200, body: state.policies };
  }
  if (path === "/api/v1/provisioning/alert-rules") {
    return { status: 200, body: state.rules };
  }
  if (path === "/api/v1/provisioning/contact-points") {
    const points = state.receivers.flatMap(({ name, uids }) => uids.map((uid) => ({ uid, name })));
    return { status: 200, body: points };
  }
  const uid = /^\/api\/datasources\/uid\/([^/]+)\/health$/.exec(path)?.[1];
  const dataSource = dataSources.find((each) => each.uid === uid);
  if (dataSource !== undefined) {
    const { ok, message } = await health(dataSource);
    return { status: ok ? 200 : 400, body: { status: ok ? "OK" : "ERROR", message } };
  }
  return { status: 404, body: { message: "This is a stand-in for Grafana: it does not have this." } };
}

function serve(): void {
  rememberAdmin();
  const state = loadState(GRAFANA_VERSION);
  const dataSources = provisionDataSources(`${provisioning}/datasources`, state);
  provisionAlerting(`${provisioning}/alerting`, state);
  saveState(state);
  createServer((request, response) => {
    void answer(request, dataSources, state).then(({ status, body }) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
  }).listen(3000, () => {
    console.log(`This is a stand-in for Grafana, with ${dataSources.length} data source(s), on port 3000.`);
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
    console.error(`Error: ✗ ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
} else if (/^cli --homepath \S+ admin reset-admin-password --password-from-stdin$/.test(command)) {
  setAdminPassword(readFileSync(0, "utf8").trim());
} else {
  console.error(`This is a stand-in for Grafana: it does not know \`grafana ${command}\`.`);
  process.exitCode = 1;
}
