import { MonitoringServer } from "../../../components/server/monitoringServer";
import { loadSettings } from "../../../components/settings";

// The server of index.ts, without the nodes.
new MonitoringServer("server", loadSettings());
