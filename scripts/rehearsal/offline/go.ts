import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../../components/userError";
import type { Report } from "../../cli/progress";
import { $ } from "../../cli/shell";

const oldestGo = [1, 25] as const;

/** A program that is built from its Go modules. */
interface GoProgram {
  /** Its usual name, such as `Telegraf`. */
  readonly name: string;
  /** The module, such as `github.com/influxdata/telegraf`. */
  readonly module: string;
  /** Its version without the `v`. */
  readonly version: string;
  /** The folder of the program inside the module, such as `cmd/telegraf`. */
  readonly path: string;
  /** Other modules of the same repository that must have a version of their own, such as `{ "…/sdk/v3": "3.250.0" }`. */
  readonly requires?: Readonly<Record<string, string>>;
  readonly tags?: readonly string[];
  /** Values of Go variables, which the linker sets: a program keeps its version in one, such as `main.version`. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Builds `program` into `executable`, by the modules' own checksums and in no module but its own.
 *
 * @param duration how long that takes, such as `about 30 s`
 */
export async function buildGoProgram(
  program: GoProgram,
  executable: string,
  duration: string,
  report: Report,
): Promise<void> {
  const { name, module, version } = program;
  await requireGo(`to build ${name}`);
  report(`building ${name} ${version} from its Go module (${duration})`);
  const required = { [module]: version, ...program.requires };
  const source = `${executable}.module`;
  await mkdir(source, { recursive: true });
  await writeFile(
    join(source, "go.mod"),
    [
      "module preparation",
      `go ${oldestGo.join(".")}`,
      ...Object.entries(required).map(([path, exact]) => `require ${path} v${exact}`),
    ].join("\n"),
  );
  const definitions = Object.entries(program.variables ?? {}).map(
    ([variable, value]) => `-X ${variable}=${value}`,
  );
  const flags = [
    "-mod=mod",
    "-trimpath",
    "-buildvcs=false",
    `-ldflags=${["-s", "-w", ...definitions].join(" ")}`,
    `-tags=${(program.tags ?? []).join(",")}`,
  ];
  const env = { ...process.env, GOWORK: "off", ...program.environment };
  const build = await $({
    cwd: source,
    env,
    nothrow: true,
  })`go build ${flags} -o ${executable} ${module}/${program.path}`;
  if (build.exitCode !== 0) {
    const reasons = build.stderr.split("\n").filter((line) => !line.startsWith("go: downloading"));
    throw new UserError(`${name} ${version} cannot be built here:\n${reasons.join("\n")}`);
  }
}

/** @param purpose what Go is needed for, such as `to build Telegraf` */
async function requireGo(purpose: string): Promise<void> {
  const { stdout } = await $({ nothrow: true })`go env GOVERSION`;
  const [, major = 0, minor = 0] = (/^go(\d+)\.(\d+)/.exec(stdout) ?? []).map(Number);
  if (major < oldestGo[0] || (major === oldestGo[0] && minor < oldestGo[1])) {
    const found = stdout.trim() === "" ? "there is none on PATH" : `this is ${stdout.trim()}`;
    throw new UserError(
      `Go ${oldestGo.join(".")} or newer is needed ${purpose}, and ${found}: install it from https://go.dev/dl/ and start again.`,
    );
  }
}
