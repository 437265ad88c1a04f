/** The exit code of a command, and what it has printed, under any name. */
interface Run {
  readonly exitCode: number | null | undefined;
  readonly [printed: string]: unknown;
}

/** Fails with all that a command has printed, which the difference that jest prints leaves out. */
export function expectSuccess({ exitCode, ...printed }: Run): void {
  if (exitCode !== 0) {
    throw new Error([`exit code ${exitCode}`, ...Object.values(printed)].join("\n"));
  }
}
