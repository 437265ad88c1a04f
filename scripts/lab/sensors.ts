import { exec } from "./machine";

/** Sets what the processor's sensor of a Pi reports. */
export async function setTemperature(pi: string, celsius: number): Promise<void> {
  await exec(pi, ["tee", "/sys/class/thermal/thermal_zone0/temp"], `${Math.round(celsius * 1000)}\n`);
}
