// The SDK keeps this out of its types.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { getStore } = require("@pulumi/pulumi/runtime/state") as {
  getStore: () => { readonly terminated: boolean };
};

/**
 * By this exit code Pulumi knows that the program has said itself what is wrong. Source:
 * `nodeJSProcessExitedAfterLoggingUserActionableMessage` in the SDK's cmd/run/run.ts
 */
const failedWithMessage = 32;

/** Ends the program when it has lost the engine that has started it, and lets `pulumi up` fail in that case. */
export function endWithEngine(): void {
  // Pulumi's SDK would report an error that it cannot report, and that one, and so on: a killed `pulumi up` leaves a process
  // that takes a core and 8 GB within half an hour (seen with @pulumi/pulumi 3.270). Source:
  // https://github.com/pulumi/pulumi-awsx/issues/1113
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", () => process.exit(1));
  }
  // The SDK ends the program when a call to the engine fails as unavailable or cancelled, as the engine has then ended. One
  // that still runs reports success, though not everything was registered (seen with @pulumi/pulumi 3.270).
  process.on("exit", (code) => {
    if (code === 0 && getStore().terminated) {
      console.error(
        "The program has lost its connection to Pulumi's engine before everything was set up: run it again.",
      );
      process.exitCode = failedWithMessage;
    }
  });
}
