import { PolicyPack, type ResourceValidationPolicy } from "@pulumi/policy";
import { type Exceptions, type Rule, rules } from "./rules";

/**
 * Applied by a preview with `--policy-pack scripts/policy`, not by a deploy. `npm run preview` adds the exceptions that the
 * settings make; without it, there are none.
 */
new PolicyPack("pi-monitoring", {
  enforcementLevel: "mandatory",
  policies: rules.map(policy),
});

function policy(rule: Rule): ResourceValidationPolicy {
  return {
    name: rule.name,
    description: rule.demand,
    configSchema: {
      properties: { uncheckedHosts: { type: "array", items: { type: "string" }, default: [] } },
    },
    validateResource: (resource, reportViolation) => {
      if (resource.type === rule.type && !holds(rule, resource.props, resource.getConfig<Exceptions>())) {
        // The SDK prints the description, and a message after it.
        reportViolation("");
      }
    },
  };
}

/** Whether a rule holds. A later preview checks values that are unknown yet, such as the id of a new image. */
function holds(rule: Rule, inputs: Readonly<Record<string, unknown>>, exceptions: Exceptions): boolean {
  try {
    return rule.holds(inputs, exceptions);
  } catch (error) {
    if (error instanceof Error && error.constructor.name === "UnknownValueError") {
      return true;
    }
    throw error;
  }
}
