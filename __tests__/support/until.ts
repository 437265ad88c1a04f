import { setTimeout } from "node:timers/promises";

/** Waits for what happens in the background. */
export async function until(condition: () => boolean | Promise<boolean>, seconds = 20): Promise<void> {
  for (const end = Date.now() + seconds * 1000; !(await condition());) {
    if (Date.now() > end) {
      throw new Error(`it does not happen: ${condition.toString()}`);
    }
    await setTimeout(20);
  }
}
