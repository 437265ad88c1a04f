/** The suites that `.ci/run` and pull requests run, by the name of their lane. A suite is a file, or a folder of them. */
export const lanes: Readonly<Record<string, readonly string[]>> = {
  // It brings a rehearsal up from nothing and holds time limits, so nothing else runs meanwhile.
  alone: ["pipeline"],
  // These run side by side, each on a rehearsal of its own: while a suite of one waits, the other works. Two keep two cores
  // busy. docs/contributing.md has the time of each suite, by which they are dealt out.
  "lane-0": [
    "dashboards",
    "continuousDelivery",
    "doctor",
    "documents",
    "past",
    "reliability/backup",
    "reliability/masters",
    "reliability/nodes",
    "scrape/jobs",
    "server/certificates",
    "server/contactPoints",
  ],
  "lane-1": ["adoption", "alerts", "reliability/backupScript", "reliability/faults", "upgrade"],
};

/** The lanes that run after the first one, in their order; the number of each is that of its rehearsal. */
export const lanesSideBySide: readonly string[] = Object.keys(lanes).slice(1);

/** The suites that run only when they are named. */
export const byName: readonly string[] = [
  "ingest",
  "init",
  "leastRights",
  "presets",
  "providers",
  "scrape/allAtOnce",
  "scrape/jumpHost",
  "scrape/ownDashboards",
  "server/engines",
  "server/grafanaVersions",
  "server/ipv6",
  "server/lengths",
  "server/loopback",
  "server/names",
];

/** How jest runs the suites: one at a time, with 15 minutes for a test. */
export const jestOptions: readonly string[] = [
  "--selectProjects",
  "e2e",
  "--runInBand",
  "--verbose",
  "--testTimeout=900000",
];

/** Whether a test, such as `server/names`, is of a suite. */
export function isOfSuite(test: string, suite: string): boolean {
  return `${test}/`.startsWith(`${suite}/`);
}
