// The engine would compile TypeScript with a compiler of its own; this one is the project's.
require("tsx/cjs");
require("./policyPack.ts");
