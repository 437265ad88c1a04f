import { statusUrls } from "../../components/server/ingress/ingestEndpoint";
import type { TelegrafConfigView } from "../../components/server/telegraf/telegraf";
import { sizeTelegraf } from "../../components/settings/sizing";
import { exampleSettings } from "./exampleSettings";

const settings = exampleSettings();

/** The data of `telegraf.conf` where the program runs everything for a small fleet, without public names. */
export const exampleTelegraf: TelegrafConfigView = {
  influxUrl: "http://influxdb:8086",
  org: settings.influxdb.org,
  bucket: settings.influxdb.bucket,
  publicNames: [],
  portal: "https-portal",
  statusUrl: statusUrls.portal,
  seesInfluxMetrics: true,
  sizing: sizeTelegraf(settings),
};
