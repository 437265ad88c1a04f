const { relative } = require("node:path");

/** Prints how long each file of tests took, the longest last. */
module.exports = class FileTimes {
  constructor({ rootDir }) {
    this.rootDir = rootDir;
  }

  onRunComplete(_, { testResults }) {
    const lines = testResults
      .map(({ perfStats, testFilePath }) => ({
        seconds: perfStats.runtime / 1000,
        file: relative(this.rootDir, testFilePath),
      }))
      .sort((a, b) => a.seconds - b.seconds)
      .map(({ seconds, file }) => `${seconds.toFixed(1).padStart(8)} s  ${file}\n`);
    process.stderr.write(`\n${lines.join("")}`);
  }
};
