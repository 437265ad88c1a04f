import { join } from "node:path";
import { fingerprint } from "../fingerprint";
import { cached } from "../../cli/cache";
import { buildGoProgram } from "./go";
import type { Report } from "../../cli/progress";

/** What the program's configuration uses. */
const plugins = [
  "aggregators.merge",
  "inputs.cpu",
  "inputs.disk",
  "inputs.filestat",
  "inputs.http_listener_v2",
  "inputs.internal",
  "inputs.mem",
  "inputs.nginx",
  "inputs.prometheus",
  "inputs.system",
  "inputs.x509_cert",
  "outputs.health",
  "outputs.influxdb_v2",
  "parsers.prometheusremotewrite",
  "secretstores.docker",
];

/** Telegraf with the plugins above, built from its Go module. */
export async function builtTelegraf(version: string, report: Report): Promise<string> {
  const folder = await cached(`telegraf-${version}-${fingerprint(plugins.join())}`, async (unfinished) => {
    await buildGoProgram(
      {
        name: "Telegraf",
        module: "github.com/influxdata/telegraf",
        version,
        path: "cmd/telegraf",
        tags: ["custom", ...plugins],
        variables: { "github.com/influxdata/telegraf/internal.Version": version },
      },
      join(unfinished, "telegraf"),
      "1 to 2 min",
      report,
    );
  });
  return join(folder, "telegraf");
}
