import { z } from "zod";
import { flag, object } from "./fields";
import { parseTarget, probeTarget, type ProbeTarget } from "./probeTargets";

/** One of each kind, of three operators; docs/presets.md says why these. */
const usualTargets = [
  "https://connectivitycheck.gstatic.com/generate_204",
  "dns://9.9.9.9/example.com",
  "1.1.1.1",
];

const mostTargets = 50;
const allowedNumber = `a list of 1 to ${mostTargets} targets`;

const targets = z
  .array(probeTarget, { error: `must be ${allowedNumber}` })
  .min(1, { error: `must be ${allowedNumber}` })
  .max(mostTargets, { error: `must be ${allowedNumber}` })
  .superRefine((list, context) => {
    list.forEach((target, index) => {
      const first = list.indexOf(target);
      if (first !== index) {
        const message = `must be unique; targets[${first}] is the same`;
        context.addIssue({ code: "custom", path: [index], message });
      }
    });
  });

/** The job of the probes of the preset `internet`, and the name of its daemon. */
export const internetJob = "internet";

/** What the preset `internet` probes. */
export interface InternetPreset {
  readonly targets: readonly ProbeTarget[];
}

/** What is monitored besides the nodes themselves, each with a dashboard and alert rules. */
export const presetSettings = object({
  internet: z
    .union([flag, object({ targets })], { error: "must be true, false, or have targets" })
    .transform((value) => internetPreset(value))
    .optional()
    .meta({ allowed: "true or false, or what follows" })
    .describe(
      "Whether each master probes the line to the Internet once a minute: three usual targets, or those given.",
    ),
});

function internetPreset(value: boolean | { targets: string[] }): InternetPreset | undefined {
  if (value === false) {
    return undefined;
  }
  return { targets: (value === true ? usualTargets : value.targets).map(parseTarget) };
}
