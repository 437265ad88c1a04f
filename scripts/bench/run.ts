import { readFile } from "node:fs/promises";
import { $ } from "../cli/shell";
import { UserError } from "../../components/userError";

/** What one run of a program took. */
export interface Run {
  readonly seconds: number;
  /** The most that it and all it has started had in memory at a time, looked at five times a second. */
  readonly megabytes: number;
  readonly output: string;
}

export interface RunOptions {
  readonly cwd?: string;
  /** Added to the environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Runs a program to its end, within a quarter of an hour.
 *
 * @throws UserError if it fails: a measurement of something that did not work is none
 */
export async function run(argv: readonly string[], { cwd, environment }: RunOptions = {}): Promise<Run> {
  const started = performance.now();
  const child = $({ cwd, env: { ...process.env, ...environment }, timeout: "15m", nothrow: true })`${argv}`;
  let peak = 0;
  const watch = setInterval(() => {
    void memoryOf(child.pid ?? 0).then((kilobytes) => {
      peak = Math.max(peak, kilobytes);
    });
  }, 200);
  const { exitCode, stdall: output } = await child;
  const seconds = (performance.now() - started) / 1000;
  clearInterval(watch);
  if (exitCode !== 0) {
    throw new UserError(`${argv.join(" ")} has failed:\n${output.slice(-4000)}`);
  }
  return { seconds, megabytes: peak / 1024, output };
}

/** The memory of a process and its descendants, in kilobytes; 0 for one that has ended. */
async function memoryOf(pid: number): Promise<number> {
  const [status, children] = await Promise.all(
    ["status", `task/${pid}/children`].map((file) =>
      readFile(`/proc/${pid}/${file}`, "utf8").catch(() => ""),
    ),
  );
  const own = Number(/^VmRSS:\s*(\d+)/m.exec(status ?? "")?.[1] ?? 0);
  const others = await Promise.all(
    (children ?? "")
      .split(" ")
      .filter((each) => each !== "")
      .map((each) => memoryOf(Number(each))),
  );
  return others.reduce((sum, each) => sum + each, own);
}
