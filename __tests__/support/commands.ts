import { $ } from "../../scripts/cli/shell";

/** What a command of package.json has done. */
export interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, in the order in which they were printed. */
  readonly output: string;
  readonly seconds: number;
}

interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a command of package.json, whatever its exit code. */
export async function run(
  command: string,
  words: readonly string[] = [],
  options: RunOptions = {},
): Promise<Run> {
  const begin = Date.now();
  const result = await $({ nothrow: true, ...options })`npm run --silent ${command} -- ${words}`;
  return {
    exitCode: result.exitCode ?? 1,
    stdout: result.stdout,
    stderr: result.stderr,
    output: result.stdall,
    seconds: (Date.now() - begin) / 1000,
  };
}

/** Runs a command of package.json, which must succeed. */
export async function runOrFail(...call: Parameters<typeof run>): Promise<Run> {
  const result = await run(...call);
  expectSuccess(result);
  return result;
}

/** Fails with all that a command has printed, as jest would show only the two exit codes. */
export function expectSuccess({ exitCode, output }: Pick<Run, "exitCode" | "output">): void {
  if (exitCode !== 0) {
    throw new Error(`exit code ${exitCode}\n${output}`);
  }
}
