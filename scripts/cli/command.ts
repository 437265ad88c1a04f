import { parseArgs, type ParseArgsConfig } from "node:util";
import { UserError } from "../../components/userError";

type Options = NonNullable<ParseArgsConfig["options"]>;
type Arguments<T extends Options> = ReturnType<
  typeof parseArgs<{ options: T; allowPositionals: true; strict: true }>
>;

/** Runs a command of package.json with its arguments; `main` returns the exit code. */
export function runCommand<T extends Options>(
  options: T,
  main: (parsed: Arguments<T>) => Promise<number>,
): void {
  const run = async (): Promise<number> => {
    try {
      return await main(parseArguments(options));
    } catch (error) {
      console.error(error instanceof UserError ? error.message : error);
      return 1;
    }
  };
  // Not by exitCode: what still runs in the background would keep Node alive for minutes.
  void run().then((exitCode) => process.exit(exitCode));
}

/** @throws UserError with the question, if the argument that answers it is missing */
export function requireArgument(value: string | undefined, question: string): asserts value is string {
  if (value === undefined) {
    throw new UserError(question);
  }
}

function parseArguments<T extends Options>(options: T): Arguments<T> {
  try {
    return parseArgs({ options, allowPositionals: true, strict: true });
  } catch (error) {
    throw error instanceof TypeError ? new UserError(error.message) : error;
  }
}
