import { object, wholeNumber } from "./fields";

/** When the alerts fire. */
export const alertSettings = object({
  silentMinutes: wholeNumber(1, 1440, " minutes")
    .default(5)
    .describe("Minutes without a node, or without anything from the master."),
  temperatureCelsius: wholeNumber(40, 100, " °C")
    .default(75)
    .describe("Degrees of a processor; most models slow down at 80."),
  memoryPercent: wholeNumber(50, 100, " %").default(90).describe("Memory in use."),
  diskPercent: wholeNumber(50, 100, " %").default(90).describe("Disk in use."),
  diskFullHours: wholeNumber(1, 720, " hours")
    .default(24)
    .describe("Hours until a disk is full, if it goes on like that."),
  diskTemperatureCelsius: wholeNumber(30, 100, " °C")
    .default(70)
    .describe("Degrees of a disk, with `presets.disks`; hard disks should stay below 60."),
  diskWearPercent: wholeNumber(1, 100, " %")
    .default(90)
    .describe("How much of its rated writes an SSD has used, with `presets.disks`."),
  loadPerCore: wholeNumber(1, 100, "").default(2).describe("Processes that run or wait, for each core."),
  clockSeconds: wholeNumber(1, 3600, " seconds")
    .default(5)
    .describe("Seconds between a node's clock and the master's."),
  certificateDays: wholeNumber(1, 60, " days")
    .default(14)
    .describe("Days until the portal's certificate ends, or that of a site that `presets.internet` probes."),
  probeSeconds: wholeNumber(1, 10, " seconds")
    .default(2)
    .describe("Seconds that a probe of `presets.internet` takes, on average."),
  backupHours: wholeNumber(1, 8760, " hours")
    .default(48)
    .describe("Hours since the last backup, where the VPS makes them."),
});
