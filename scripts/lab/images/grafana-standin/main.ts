import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { isAdmin, rememberAdmin, setAdminPassword } from "./admin";
import { type DataSource, health, loadDataSources, published } from "./dataSources";

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function answer(request: IncomingMessage, dataSources: readonly DataSource[]): Promise<Answer> {
  const path = (request.url ?? "").replace(/\?.*/, "");
  if (request.method !== "GET") {
    return { status: 405, body: { message: "This is a stand-in for Grafana: it only answers GET." } };
  }
  if (path === "/") {
    return { status: 200, body: { message: "This is a stand-in for Grafana." } };
  }
  if (path === "/api/health") {
    return { status: 200, body: { database: "ok", version: "stand-in" } };
  }
  if (!isAdmin(request.headers.authorization)) {
    return { status: 401, body: { message: "Invalid username or password" } };
  }
  if (path === "/api/datasources") {
    return { status: 200, body: dataSources.map(published) };
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
  const dataSources = loadDataSources("/etc/grafana/provisioning/datasources");
  createServer((request, response) => {
    void answer(request, dataSources).then(({ status, body }) => {
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
  serve();
} else if (/^cli --homepath \S+ admin reset-admin-password --password-from-stdin$/.test(command)) {
  setAdminPassword(readFileSync(0, "utf8").trim());
} else {
  console.error(`This is a stand-in for Grafana: it does not know \`grafana ${command}\`.`);
  process.exitCode = 1;
}
