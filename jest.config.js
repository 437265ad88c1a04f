const project = (name, more = {}) => ({
  displayName: name,
  preset: "ts-jest",
  testEnvironment: "node",
  testMatch: [`<rootDir>/__tests__/${name}/**/*.test.ts`],
  // Programs of earlier releases are there, which have this project's name.
  modulePathIgnorePatterns: ["<rootDir>/\\.lab"],
  ...more,
});

const moduleNameMapper = {
  "^\\./closure/(serializeClosure|codePaths)$": "<rootDir>/__tests__/support/functionSerialization.ts",
};

/** @type {import("jest").Config} */
module.exports = {
  // What takes 3 s takes half a minute where ten processes share two processors.
  testTimeout: 120_000,
  // By default one processor is left idle, which is half of a machine with two.
  maxWorkers: "100%",
  testSequencer: "<rootDir>/__tests__/support/longFilesFirst.js",
  reporters: ["default", "<rootDir>/__tests__/support/fileTimes.js"],
  projects: [
    project("unit", { moduleNameMapper }),
    project("config", { moduleNameMapper, globalSetup: "<rootDir>/__tests__/config/prepare.ts" }),
    project("e2e"),
  ],
};
