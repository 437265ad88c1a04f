import { sleep } from "zx";

/**
 * Waits until `check` succeeds, with a second between two looks.
 *
 * @param what what is waited for, such as `a sample of every node`
 * @returns what `check` gives
 * @throws Error after `seconds`, with what was waited for and why the last look failed
 */
export async function eventually<T>(
  what: string,
  seconds: number,
  check: () => T | Promise<T>,
  pauseSeconds = 1,
): Promise<T> {
  const begin = Date.now();
  const waited = (): string => `${((Date.now() - begin) / 1000).toFixed(0)} s`;
  for (;;) {
    try {
      const result = await check();
      process.stdout.write(`      waited ${waited()} for ${what}\n`);
      return result;
    } catch (error) {
      if (Date.now() - begin > seconds * 1000) {
        throw new Error(`Waited ${waited()} for ${what}, and last saw: ${String(error)}`, { cause: error });
      }
    }
    await sleep(pauseSeconds * 1000);
  }
}
