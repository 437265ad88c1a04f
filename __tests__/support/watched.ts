import type { TelegrafConfigView } from "../../components/server/telegraf/telegraf";
import { sizeTelegraf } from "../../components/settings/sizing";
import { exampleSettings } from "./exampleSettings";

/** What Telegraf is told where the program runs everything for a small fleet, but for public names. */
export const watched = {
  publicNames: [],
  portal: "https-portal",
  statusUrl: "http://https-portal:8080/status",
  seesInfluxMetrics: true,
  sizing: sizeTelegraf(exampleSettings()),
} satisfies Partial<TelegrafConfigView>;
