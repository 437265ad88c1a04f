import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { rehearsalFolder } from "../instance";

/** A runtime that the engine has no language host for. */
const runtime = "nodejs-stand-in";

/**
 * Makes a pack that loads the program's policies without a language host: the one that can be built from its Go module
 * cannot run a policy pack. Pulumi's engine starts a pack whose runtime has no language host by the program
 * `pulumi-analyzer-policy-RUNTIME` on PATH.
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
