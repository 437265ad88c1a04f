import { PolicyPack } from "@pulumi/policy";
import { policyFor } from "./policyFor";
import { rules } from "./rules";

/**
 * Applied by a preview with `--policy-pack scripts/policy`, not by a deploy. `npm run preview` adds the exceptions that the
 * settings make; without it, there are none.
 */
new PolicyPack("pi-monitoring", { enforcementLevel: "mandatory", policies: rules.map(policyFor) });
