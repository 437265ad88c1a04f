import { parseArgs, type ParseArgsConfig } from "node:util";
import { UserError } from "../../components/userError";

type Options = NonNullable<ParseArgsConfig["options"]>;
type Arguments<T extends Options> = ReturnType<
  typeof parseArgs<{ options: T; allowPositionals: true; strict: true }>
>;

/** What a command of package.json takes. */
interface Usage<T extends Options> {
  /** How many words it takes at most, apart from the options. */
  readonly maxWords: number;
  readonly options?: T;
}

/** Runs a command of package.json with its arguments; `main` returns the exit code. */
export function runCommand<T extends Options>(
  usage: Usage<T>,
  main: (parsed: Arguments<T>) => Promise<number>,
): void {
  const run = async (): Promise<number> => {
    try {
      return await main(parseArguments(usage));
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

/** @throws UserError for an unknown option, for a word too many, and for an empty one */
export function parseArguments<T extends Options>(
  { maxWords, options }: Usage<T>,
  args?: string[],
): Arguments<T> {
  try {
    const parsed = parseArgs({ args, options, allowPositionals: true, strict: true });
    const unexpected = parsed.positionals.slice(maxWords);
    if (unexpected.length > 0) {
      throw new UserError(`This command does not take ${unexpected.join(" ")}. Nothing was done.`);
    }
    // As of a variable that is not set. To Pulumi, an empty name is the stack that was selected last.
    if ([...parsed.positionals, ...Object.values(parsed.values).flat()].includes("")) {
      throw new UserError("An argument is empty. Nothing was done.");
    }
    return parsed;
  } catch (error) {
    throw isArgumentError(error) ? new UserError(`${describe(error)}. Nothing was done.`) : error;
  }
}

/** Whether `parseArgs` has refused the arguments. Its class is not compared, as another realm, such as jest's, has its own. */
function isArgumentError(error: unknown): error is NodeJS.ErrnoException {
  return (error as NodeJS.ErrnoException).code?.startsWith("ERR_PARSE_ARGS_") === true;
}

/** The message without Node's advice about words that begin with a dash: no command takes one. */
function describe({ message }: Error): string {
  return message.replace(/\. To specify a positional argument.*/, "");
}
