import { setTimeout } from "node:timers/promises";

/**
 * Waits until `check` succeeds. It looks again after a tenth of the time that it has waited so far, at most a second.
 * It pauses for at least twice as long as a look takes, up to 10 seconds, so that what is waited for has the processor.
 *
 * @param what what is waited for, such as `a sample of every node`
 * @param pause between two looks, in seconds, instead of the tenth
 * @returns what `check` gives
 * @throws Error after `seconds`, with what was waited for and why the last look failed
 */
export async function eventually<T>(
  what: string,
  seconds: number,
  check: () => T | Promise<T>,
  pause?: number,
): Promise<T> {
  const begin = performance.now();
  const waited = (): number => (performance.now() - begin) / 1000;
  for (;;) {
    const look = waited();
    try {
      const result = await check();
      if (waited() >= 1) {
        process.stdout.write(`      waited ${waited().toFixed(0)} s for ${what}\n`);
      }
      return result;
    } catch (error) {
      if (waited() > seconds) {
        const message = `Waited ${waited().toFixed(0)} s for ${what}, and last saw: ${String(error)}`;
        throw new Error(message, { cause: error });
      }
    }
    const shortest = pause ?? Math.min(1, waited() / 10);
    await setTimeout(1000 * Math.max(shortest, Math.min(10, 2 * (waited() - look))));
  }
}
