/** Fails with all that a command has printed, under whatever name: the difference that jest prints leaves it out. */
export function expectSuccess<R extends { readonly exitCode: number | null | undefined }>(run: R): void {
  if (run.exitCode !== 0) {
    const { exitCode, ...printed } = run;
    throw new Error([`exit code ${exitCode}`, ...Object.values(printed)].join("\n"));
  }
}
