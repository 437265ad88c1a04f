import { MonitoringServer } from "../../../components/server/monitoringServer";
import { skipSdkDiagnostics } from "../../../components/sdk/diagnostics";
import { loadSettings } from "../../../components/settings/settings";

// The server of index.ts, without the nodes; what writes to it and reads from it needs these.
skipSdkDiagnostics();
const server = new MonitoringServer("server", loadSettings());
export const { urls, issuers: certificate, readToken } = server;
export const ingestCredentials = Object.fromEntries(
  [...server.ingest].map(([master, { credential }]) => [master, credential]),
);
