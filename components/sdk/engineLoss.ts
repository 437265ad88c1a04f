// The SDK keeps this out of its types.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { getStore } = require("@pulumi/pulumi/runtime/state") as {
  getStore: () => { readonly terminated: boolean };
};

/**
 * The exit code of a program that has reported its error itself. Source:
 * `nodeJSProcessExitedAfterLoggingUserActionableMessage` in the SDK's cmd/run/run.ts
 */
const failedWithMessage = 32;

/** Ends the program when it has lost the engine that started it, and makes `pulumi up` fail then. */
export function endWithEngine(): void {
  // Pulumi's SDK reports the failure of each report, without end: a killed `pulumi up` leaves a process that takes a core,
  // and 8 GB within half an hour (seen with @pulumi/pulumi 3.270). Source:
  // https://github.com/pulumi/pulumi-awsx/issues/1113
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", () => process.exit(1));
  }
  // The SDK ends the program when a call to the engine fails as unavailable or cancelled, as if the engine had ended. An
  // engine that still runs reports success, though not everything was registered (seen with @pulumi/pulumi 3.270).
  process.on("exit", (code) => {
    if (code === 0 && getStore().terminated) {
      console.error(
        "The program has lost its connection to Pulumi's engine before everything was set up: run it again.",
      );
      process.exitCode = failedWithMessage;
    }
  });
}
