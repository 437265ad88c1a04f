import { seconds, type Settings } from "../../components/settings/settings";

/** Seconds within which the newest sample must be: two scrapes, and the time to transfer it. */
export function freshSeconds({ prometheus }: Pick<Settings, "prometheus">): number {
  return 2 * seconds(prometheus.scrapeInterval) + 20;
}

/** Seconds over which lost samples are counted: some scrapes. Alerts have reported earlier losses. */
export function lossWindow({ prometheus }: Pick<Settings, "prometheus">): number {
  return Math.max(60, 4 * seconds(prometheus.scrapeInterval));
}
