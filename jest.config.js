const project = (name, more = {}) => ({
  displayName: name,
  preset: "ts-jest",
  testEnvironment: "node",
  testMatch: [`<rootDir>/__tests__/${name}/**/*.test.ts`],
  // Programs of earlier releases are there, which have this project's name.
  modulePathIgnorePatterns: ["<rootDir>/\\.lab"],
  ...more,
});

/** @type {import("jest").Config} */
module.exports = {
  // On a busy machine, what takes a tenth of a second can take some.
  testTimeout: 30_000,
  projects: [
    project("unit"),
    project("config", { globalSetup: "<rootDir>/__tests__/config/prepare.ts" }),
    project("e2e"),
  ],
};
