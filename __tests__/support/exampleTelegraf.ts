import type { TelegrafConfigView } from "../../components/server/telegraf/telegraf";
import { sizeTelegraf } from "../../components/settings/sizing";
import { exampleSettings } from "./exampleSettings";

/** The settings of Telegraf where the program runs everything for a small fleet, without public names. */
export const watched = {
  publicNames: [],
  portal: "https-portal",
  statusUrl: "http://https-portal:8080/status",
  seesInfluxMetrics: true,
  sizing: sizeTelegraf(exampleSettings()),
} satisfies Partial<TelegrafConfigView>;
