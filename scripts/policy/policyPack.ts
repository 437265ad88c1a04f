import { PolicyPack } from "@pulumi/policy";
import { policyFor } from "./policyFor";
import { rules } from "./rules";

/**
 * The rules as `pulumi preview --policy-pack scripts/policy` applies them. `npm run preview` adds what the settings
 * allow; without it, nothing is allowed.
 */
new PolicyPack("pi-monitoring", { enforcementLevel: "mandatory", policies: rules.map(policyFor) });
