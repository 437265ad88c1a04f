import { flag, object } from "./fields";

/** What is monitored besides the nodes themselves, each with a dashboard and alert rules. */
export const presetSettings = object({
  disks: flag
    .default(false)
    .describe("Whether SATA, USB and NVMe disks of the nodes report their health by SMART."),
  pi5: flag
    .default(false)
    .describe("Whether each Raspberry Pi 5 reports its power by rail, its fan and the battery of its clock."),
});
