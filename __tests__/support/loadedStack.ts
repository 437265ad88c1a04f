import { Server } from "../../scripts/remote/server";
import { type LoadedStack, Stack } from "../../scripts/stack/stack";
import { exampleSettings } from "./exampleSettings";

/** The stack `home` with these settings, outputs and resources, as the commands load it. */
export function loadedStack({
  settings = exampleSettings(),
  resources = [],
  outputs = {},
}: Partial<Pick<LoadedStack, "settings" | "resources">> & {
  readonly outputs?: Partial<LoadedStack["outputs"]>;
} = {}): LoadedStack {
  return {
    stack: new Stack("home", { environment: {}, options: [] }),
    settings,
    server: new Server(settings.vps),
    resources,
    outputs: {
      urls: { influxdb: "", grafana: "", telegraf: "https://telegraf.example.com/telegraf" },
      influxdb: { org: "", bucket: "prometheus", adminUser: "admin" },
      telegrafToken: "",
      grafanaToken: "",
      grafanaAdminPassword: "",
      ingestCredentials: { "kube-0": "CREDENTIAL" },
      rotated: {},
      ...outputs,
    },
  };
}
