import { RunError } from "@pulumi/pulumi";

/**
 * A problem that the user can fix. The message says how, and no stack trace is printed; of errors of its own, Pulumi
 * does so for a `RunError`.
 */
export class UserError extends RunError {
  override readonly name = "UserError";

  /** @param mistakes of which `message` is the title, one line each */
  constructor(
    message: string,
    readonly mistakes: readonly string[] = [],
  ) {
    super([message, ...mistakes.map((each) => `  ${each}`)].join("\n"));
  }
}
