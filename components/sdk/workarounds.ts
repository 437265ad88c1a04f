// Loaded before the program, by `nodeargs` in Pulumi.yaml. A language host older than the CLI ignores `nodeargs`, so index.ts
// imports it first, too.
import { createRequire } from "node:module";
import { skipSdkDiagnostics } from "./diagnostics";
import { endWithEngine } from "./engineLoss";

// The SDK's command loads this later, and it would then replace the function that `skipSdkDiagnostics` sets.
createRequire(require.resolve("@pulumi/pulumi"))("source-map-support/register");

endWithEngine();
skipSdkDiagnostics();
