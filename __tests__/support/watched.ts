import type { TelegrafConfigView } from "../../components/server/telegraf";

/** What Telegraf asks how it is where the program runs everything, but for public names. */
export const watched = {
  publicNames: [],
  portal: "https-portal",
  statusUrl: "http://https-portal:8080/status",
  seesInfluxMetrics: true,
} satisfies Partial<TelegrafConfigView>;
