import { setTimeout } from "node:timers/promises";

/**
 * Repeats `check` until it succeeds. The pause before the next one is the longer of two: a tenth of the time waited so far,
 * at most a second; and twice the time that the last check has taken, at most 10 seconds, so that what is waited for has the
 * processor.
 *
 * @param what what is waited for, such as `a sample of every node`
 * @param seconds no check begins later than one pause after this time; one that is under way is not ended
 * @param pause in seconds, instead of the tenth
 * @returns what `check` gives
 * @throws Error with what was waited for, and why the last check failed
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
    const checkBegan = waited();
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
    await setTimeout(1000 * Math.max(shortest, Math.min(10, 2 * (waited() - checkBegan))));
  }
}
