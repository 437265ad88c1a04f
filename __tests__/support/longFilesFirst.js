const { statSync } = require("node:fs");
const { join } = require("node:path");
const { default: Sequencer } = require("@jest/test-sequencer");

/** These suites remove what is deployed before they begin. As the first one on a rehearsal, they find nothing. */
const fresh = ["e2e/past/past.test.ts", "e2e/upgrade.test.ts"];

/** Small files that take long, as they run other programs or read much. */
const longest = [
  "config/telegrafBuffer.test.ts",
  "config/telegraf.test.ts",
  "unit/scripts/github/comment.test.ts",
  "unit/components/server/grafana/grafanaTypes.test.ts",
  "unit/components/server/influxdb/influxDb.test.ts",
  "unit/components/node/prometheusMaster.test.ts",
];

const order = [...fresh, ...longest].map((file) => join(__dirname, "..", file));

// A file that was renamed must not lose its place.
order.forEach((file) => statSync(file));

/** Orders files the same in every run and on every machine, so that no long one is last. The rest go by their size. */
module.exports = class LongFilesFirst extends Sequencer {
  sort(tests) {
    const place = ({ path }) => (order.includes(path) ? order.indexOf(path) : order.length);
    const size = ({ path }) => statSync(path).size;
    return [...tests].sort(
      (a, b) => place(a) - place(b) || size(b) - size(a) || a.path.localeCompare(b.path, "en"),
    );
  }
};
