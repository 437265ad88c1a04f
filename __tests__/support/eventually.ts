import { sleep } from "zx";

/**
 * Waits until `check` succeeds. Between two looks it pauses for twice as long as a look takes, from a second to ten, so
 * that what is waited for has the processor.
 *
 * @param what what is waited for, such as `a sample of every node`
 * @param shortestPause in seconds
 * @returns what `check` gives
 * @throws Error after `seconds`, with what was waited for and why the last look failed
 */
export async function eventually<T>(
  what: string,
  seconds: number,
  check: () => T | Promise<T>,
  shortestPause = 1,
): Promise<T> {
  const begin = Date.now();
  const waited = (): string => `${((Date.now() - begin) / 1000).toFixed(0)} s`;
  for (;;) {
    const look = Date.now();
    try {
      const result = await check();
      process.stdout.write(`      waited ${waited()} for ${what}\n`);
      return result;
    } catch (error) {
      if (Date.now() - begin > seconds * 1000) {
        throw new Error(`Waited ${waited()} for ${what}, and last saw: ${String(error)}`, { cause: error });
      }
    }
    await sleep(1000 * Math.max(shortestPause, Math.min(10, (2 * (Date.now() - look)) / 1000)));
  }
}
