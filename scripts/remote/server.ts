import type { Duration, ProcessOutput } from "zx";
import { serverCommand } from "../../components/server/engine/serverEngine";
import type { Settings } from "../../components/settings/settings";
import { UserError } from "../../components/userError";
import { $, terminated } from "../cli/shell";
import { requireSshVersion, exitCodesOfSsh } from "./sshVersion";

/** ssh ends when the server has not answered for two minutes; without this, a server that hangs is waited for. */
const aliveOptions = ["-o", "ServerAliveInterval=30", "-o", "ServerAliveCountMax=4"];

/** A command on the server that has failed. */
export class ServerError extends UserError {
  constructor(
    message: string,
    readonly stderr: string,
  ) {
    super(message);
  }
}

export interface RunOptions {
  /** The text on standard input. */
  readonly input?: string;
  /** A local file on standard input; nothing, unless given. */
  readonly inputFile?: string;
  readonly timeout?: Duration;
  /** Whether this terminal shows what the command prints on standard error. */
  readonly showErrors?: boolean;
  /** The message of the error; the command and what it printed on standard error, unless given. */
  readonly describeFailure?: (stderr: string) => string;
}

/** Options of curl by their long names; `true` for one without a value, a list for one that is repeated. */
export type CurlOptions = Readonly<Record<string, string | number | true | readonly string[]>>;

/** Runs commands on the server: on the VPS by SSH, or on this machine. */
export class Server {
  /** @param timeout of a command that has no timeout of its own; no limit, unless given */
  constructor(
    private readonly vps: Settings["vps"],
    private readonly timeout?: Duration,
  ) {}

  /**
   * Runs a command.
   *
   * @returns what it prints
   * @throws ServerError if it fails
   */
  async run(argv: readonly string[], options: RunOptions = {}): Promise<string> {
    const { input, inputFile = "/dev/null", timeout = this.timeout, showErrors = false } = options;
    const errors = showErrors ? "inherit" : "pipe";
    const start = $({ nothrow: true, stdio: ["pipe", "pipe", errors], input, timeout });
    const command = this.commandFor(argv);
    const result = await (input === undefined ? start`${command} < ${inputFile}` : start`${command}`);
    const { exitCode, stdout } = result;
    const isTimeout = timeout !== undefined && (exitCode === null || exitCode === terminated);
    const stderr = isTimeout ? `the command did not end within ${timeout}` : result.stderr;
    return this.stdoutOf({ exitCode, stdout, stderr }, argv, options);
  }

  /** Runs a command, and a local one that reads what it prints. */
  async pipe(
    argv: readonly string[],
    local: readonly string[],
    options: Pick<RunOptions, "describeFailure"> = {},
  ): Promise<void> {
    const command = this.commandFor(argv);
    const result = await $({ nothrow: true })`${command} < /dev/null | ${local}`;
    await this.stdoutOf(result, argv, options);
  }

  /** Runs `docker` on the server's engine. */
  async docker(argv: readonly string[], options?: RunOptions): Promise<string> {
    return this.run(["docker", ...argv], options);
  }

  /** The lines that `docker` prints. */
  async dockerLines(argv: readonly string[], options?: RunOptions): Promise<string[]> {
    return (await this.docker(argv, options)).split("\n").filter((line) => line !== "");
  }

  /** Runs a command in a container. */
  async exec(container: string, argv: readonly string[], options?: RunOptions): Promise<string> {
    return this.docker(["exec", "-i", container, ...argv], options);
  }

  /** Makes a request from a container. curl reads all of it from its input: no process list shows a credential. */
  async curl(container: string, request: CurlOptions, options?: RunOptions): Promise<string> {
    return this.exec(container, ["curl", "--config", "-"], { ...options, input: renderCurl(request) });
  }

  /** Makes requests from a container, all at once. The result has the status of each, or why there is none. */
  async curlStatuses(container: string, requests: readonly CurlOptions[]): Promise<(number | ServerError)[]> {
    const writeOut = "%{http_code} %{exitcode} %{errormsg}\\n";
    const input = requests
      .map((request, index) =>
        renderCurl({ ...request, parallel: true, output: "/dev/null", "write-out": `${index} ${writeOut}` }),
      )
      .join("next\n");
    // curl fails if one of the requests does.
    const argv = ["sh", "-c", "curl --config - 2>/dev/null || true"];
    const lines = await this.exec(container, argv, { input }).catch((error: unknown) => {
      if (error instanceof ServerError) {
        return error;
      }
      throw error;
    });
    return requests.map((_, index) => (typeof lines === "string" ? parseStatus(lines, index) : lines));
  }

  /**
   * Logs in once. All connections of an `up` share that login (ControlMaster in components/machine/ssh.ts); without it they
   * would all log in at once, and sshd drops such bursts (MaxStartups). The `up` reports a server that cannot be reached.
   *
   * @returns whether it can be reached
   * @throws UserError if this machine's `ssh` cannot log in anywhere
   */
  async shareLogin(): Promise<boolean> {
    const { exitCode } = await $({ nothrow: true })`${this.commandFor(["true"])}`;
    if (exitCode !== 0) {
      await requireSshVersion();
    }
    return exitCode === 0;
  }

  private commandFor(argv: readonly string[]): string[] {
    const [program = "", ...words] = serverCommand(this.vps, ...argv);
    return [program, ...(this.vps === "local" ? [] : aliveOptions), ...words];
  }

  private async stdoutOf(
    { exitCode, stdout, stderr }: Pick<ProcessOutput, "exitCode" | "stdout" | "stderr">,
    argv: readonly string[],
    { describeFailure = (reason) => `${argv.join(" ")}: ${reason}` }: Pick<RunOptions, "describeFailure">,
  ): Promise<string> {
    if (exitCode === 0) {
      return stdout;
    }
    const message = describeFailure(stderr.trim() === "" ? `exit code ${exitCode ?? "none"}` : stderr.trim());
    const isLost = exitCodesOfSsh.includes(exitCode) && !(await this.shareLogin());
    throw new ServerError(
      this.vps !== "local" && isLost ? `${this.vps.host} cannot be reached by SSH. ${message}` : message,
      stderr,
    );
  }
}

/** @param lines of a number, a status, an exit code and an error message each */
function parseStatus(lines: string, index: number): number | ServerError {
  const [, status, exitCode = "", reason = ""] =
    new RegExp(`^${index} (\\d+) (\\d+) (.*)$`, "m").exec(lines) ?? [];
  const stderr = `curl: (${exitCode}) ${reason}`;
  return status !== undefined && exitCode === "0" ? Number(status) : new ServerError(stderr, stderr);
}

/** curl's configuration for a request. It escapes quotes, backslashes, tabs and line ends as JSON does. */
export function renderCurl(request: CurlOptions): string {
  const options: CurlOptions = { silent: true, "show-error": true, ...request };
  const lines = Object.entries(options).flatMap(([name, value]) =>
    value === true ? [name] : [value].flat().map((each) => `${name} = ${JSON.stringify(String(each))}`),
  );
  return `${lines.join("\n")}\n`;
}

/** The message of an error; of a command on the server, what it printed on standard error, if anything. */
export function reasonOf(error: unknown): string {
  if (error instanceof ServerError && error.stderr.trim() !== "") {
    return error.stderr.trim();
  }
  return error instanceof Error ? error.message : String(error);
}
