import { RunError } from "@pulumi/pulumi";

/**
 * A problem that the user can fix. The message says how. Pulumi prints a `RunError` without a stack trace.
 */
export class UserError extends RunError {
  override readonly name = "UserError";

  /** @param mistakes a line each, below `message` */
  constructor(
    message: string,
    readonly mistakes: readonly string[] = [],
  ) {
    super([message, ...mistakes.map((each) => `  ${each}`)].join("\n"));
  }
}
