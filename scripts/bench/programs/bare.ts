import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

// The engine's floor: as many resources as scripts/bench/programs/nodes.ts has, with next to nothing in them.
const length = new pulumi.Config().requireNumber("count");
for (let index = 0; index < length; index++) {
  const parent = new pulumi.ComponentResource("pi-monitoring:bench:Bare", `bare-${index}`);
  new random.RandomInteger(`bare-${index}-number`, { min: 1, max: 6 }, { parent });
}
