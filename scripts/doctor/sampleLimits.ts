import { seconds, type Settings } from "../../components/settings/settings";

/**
 * Seconds within which the newest sample must be: two scrapes, and the time to transfer it. Less than the time after which
 * the alerts take a node for silent: `gap` in components/alerts/rules.ts.
 */
export function freshSeconds({ prometheus }: Pick<Settings, "prometheus">): number {
  return 2 * seconds(prometheus.scrapeInterval) + 20;
}

/** Seconds over which lost samples are counted: at least four scrapes and a minute. Alerts have reported earlier losses. */
export function lossSeconds({ prometheus }: Pick<Settings, "prometheus">): number {
  return Math.max(60, 4 * seconds(prometheus.scrapeInterval));
}
