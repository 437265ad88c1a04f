import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { rehearsalFolder } from "../instance";

/** A runtime that the engine has no language host for. */
const runtime = "nodejs-stand-in";

/**
 * A way to run the policy pack for the language host that can be built from its Go module, which cannot. The engine
 * starts the pack of a runtime without a language host by `pulumi-analyzer-policy-RUNTIME` on PATH.
 *
 * @returns the folder of the pack, and of that program
 */
export async function preparePolicyPackStandIn(): Promise<string> {
  const folder = join(rehearsalFolder, "policy-stand-in");
  await mkdir(folder, { recursive: true });
  const pack = join(__dirname, "../../policy");
  const runner = require.resolve("@pulumi/pulumi/cmd/run-policy-pack");
  await writeFile(join(folder, "PulumiPolicy.yaml"), `name: pi-monitoring\nruntime: ${runtime}\n`);
  await writeFile(join(folder, "index.js"), `require(${JSON.stringify(pack)});\n`);
  await writeFile(
    join(folder, `pulumi-analyzer-policy-${runtime}`),
    `#!/usr/bin/env node\nrequire(${JSON.stringify(runner)});\n`,
    { mode: 0o755 },
  );
  return folder;
}
