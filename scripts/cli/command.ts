import { parseArgs, type ParseArgsConfig } from "node:util";
import { SettingsError } from "../../components/settings/settings";
import { PreparationError } from "../rehearsal/toolchain/part";

type Options = NonNullable<ParseArgsConfig["options"]>;
type Arguments<T extends Options> = ReturnType<
  typeof parseArgs<{ options: T; allowPositionals: true; strict: true }>
>;

/** Something that a person can put right; the message says how, and no stack trace is printed. */
export class UserError extends Error {
  override readonly name = "UserError";
}

/** Runs a command of package.json with its arguments; `main` gives the exit code. */
export function runCommand<T extends Options>(
  options: T,
  main: (parsed: Arguments<T>) => Promise<number>,
): void {
  const run = async (): Promise<number> => {
    try {
      return await main(parseArgs({ options, allowPositionals: true, strict: true }));
    } catch (error) {
      console.error(isUserError(error) ? error.message : error);
      return 1;
    }
  };
  // At once: a build that runs beside what has failed would go on for minutes.
  void run().then((exitCode) => process.exit(exitCode));
}

/** Whether an error's message is all that a person needs. */
export function isUserError(error: unknown): error is Error {
  return (
    error instanceof UserError ||
    error instanceof SettingsError ||
    error instanceof PreparationError ||
    (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"))
  );
}
