import { nameOfService, type Service } from "../settings/serviceNames";
import { isInfluxDbOnServer, type Settings } from "../settings/settings";
import { influxUrl } from "./influxdb/influxDb";
import { ingestPath } from "./telegraf/telegraf";

/** The public URL of each service, whether it is exposed or not; masters write to that of Telegraf. */
export function publicUrls(settings: Settings): Record<Service, string> {
  const urlOf = (service: Service): string => `https://${nameOfService(service, settings)}`;
  return {
    influxdb: isInfluxDbOnServer(settings) ? urlOf("influxdb") : influxUrl(settings.influxdb),
    grafana: urlOf("grafana"),
    telegraf: `${urlOf("telegraf")}${ingestPath}`,
  };
}
