import { exec } from "./machine";

/** Sets what the processor's sensor of a Pi reports; images/pi/thermal.conf has its value at the start. */
export async function setTemperature(pi: string, celsius: number): Promise<void> {
  await exec(pi, ["tee", "/sys/class/thermal/thermal_zone0/temp"], `${Math.round(celsius * 1000)}\n`);
}

/** Sets what the firmware of a Pi answers to `vcgencmd get_throttled`. */
export async function setThrottled(pi: string, bits: number): Promise<void> {
  const words = ["install", "-D", "/dev/stdin", "/etc/rehearsal/vcgencmd/get_throttled"];
  await exec(pi, words, `0x${bits.toString(16)}\n`);
}
