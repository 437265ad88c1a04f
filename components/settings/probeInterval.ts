import { seconds, type Settings } from "./settings";

const leastSeconds = 60;

/** Seconds between two probes of a target. Others run the targets, so no target is asked more than once a minute. */
export function probeInterval({ prometheus }: Pick<Settings, "prometheus">): number {
  return Math.max(leastSeconds, seconds(prometheus.scrapeInterval));
}
