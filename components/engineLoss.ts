/**
 * Ends the program when the engine that has started it is gone. Pulumi's SDK would report an error that it cannot
 * report, and that one, and so on: a killed `pulumi up` leaves a process that takes a core and 8 GB within half an hour
 * (seen with @pulumi/pulumi 3.270). Source: https://github.com/pulumi/pulumi-awsx/issues/1113
 */
export function endWithEngine(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", () => process.exit(1));
  }
}
