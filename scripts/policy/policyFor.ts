import type { ResourceValidationArgs, ResourceValidationPolicy } from "@pulumi/policy";
import type { Exceptions, Rule } from "./rules";

/** A rule as the engine applies it. */
export function policyFor(rule: Rule) {
  return {
    name: rule.name,
    description: rule.demand,
    configSchema: {
      properties: { uncheckedHosts: { type: "array", items: { type: "string" }, default: [] } },
    },
    validateResource: (
      resource: Pick<ResourceValidationArgs, "type" | "props" | "getConfig">,
      reportViolation: (message: string) => void,
    ): void => {
      if (resource.type === rule.type && !holds(rule, resource.props, resource.getConfig<Exceptions>())) {
        // The SDK prints the description, and a message after it.
        reportViolation("");
      }
    },
  } satisfies ResourceValidationPolicy;
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
