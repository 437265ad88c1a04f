// The SDK needs a package.json in the working folder, which is the stack's.
process.chdir(`${__dirname}/../..`);
// The engine would compile TypeScript with an old compiler of its own.
require("tsx/cjs");
require("./policyPack.ts");
