"use strict";
// Applies the options of a program's Pulumi.yaml as Pulumi's language host does. The host that can be built from its Go
// module is older than these options, and passes none of them.
const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { join } = require("node:path");
const { parse } = require("yaml");

// Only a host sets this, for the program alone: other processes of Node get these lines, too.
if (process.env["PULUMI_NODEJS_TYPESCRIPT"] !== undefined) {
  const projectFile = join(process.cwd(), "Pulumi.yaml");
  const { typescript = true, nodeargs = "" } = parse(readFileSync(projectFile, "utf8")).runtime.options ?? {};
  process.env["PULUMI_NODEJS_TYPESCRIPT"] = `${typescript}`;
  const requireFromProgram = createRequire(projectFile);
  for (const [, file] of nodeargs.matchAll(/--require (\S+)/g)) {
    requireFromProgram(file);
  }
}
