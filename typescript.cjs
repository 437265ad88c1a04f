"use strict";
// Lets Node run TypeScript: the program, as Pulumi.yaml says, and the commands, as package.json says.

// The SDK can serialize functions, which nothing here needs. That part of it loads TypeScript and npm's dependency
// resolver, and turns on V8's debugger: 1.5 seconds of a processor at each start. Pulumi's command calls one function of it.
for (const name of ["serializeClosure", "codePaths", "v8Hooks"]) {
  const id = require.resolve(`@pulumi/pulumi/runtime/closure/${name}`);
  require.cache[id] = { id, filename: id, loaded: true, exports: { isInitializedAsync: async () => {} } };
}
// The SDK comes before tsx, which would look through each of its 800 files.
require("@pulumi/pulumi");
// tsx runs TypeScript without checking it, which `npm run check` does: that saves seconds at every start.
require("tsx/cjs");
