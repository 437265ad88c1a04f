import { z } from "zod";
import { flag, object, wholeNumber } from "./fields";
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
  /** Of its blackbox_exporter on each master. */
  readonly port: number;
}

/** What nothing usual listens at: one more blackbox_exporter would have 9115. */
const probePort = 19115;

const internet = object({
  targets: targets
    .default([...usualTargets])
    .describe("What each master probes once a minute; see docs/presets.md for the forms."),
  port: wholeNumber(1024, 65535, "")
    .default(probePort)
    .describe("Where the blackbox_exporter of the probes listens, on the loopback address of each master."),
});

/** What is monitored besides the nodes themselves, each with a dashboard and alert rules. */
export const presetSettings = object({
  internet: z
    .union([flag, internet], { error: "must be true, false, or have targets" })
    .transform((value) => internetPreset(value))
    .optional()
    .meta({ allowed: "true or false, or what follows" })
    .describe("Whether each master probes the line to the Internet: three usual targets, or those given."),
  disks: flag
    .default(false)
    .describe("Whether SATA, USB and NVMe disks of the nodes report their health by SMART."),
  pi5: flag
    .default(false)
    .describe("Whether each Raspberry Pi 5 reports its power by rail, its fan and the battery of its clock."),
});

function internetPreset(value: boolean | z.output<typeof internet>): InternetPreset | undefined {
  if (value === false) {
    return undefined;
  }
  const { targets: texts, port } = value === true ? internet.parse({}) : value;
  return { targets: texts.map(parseTarget), port };
}
