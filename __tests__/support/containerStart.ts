import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { eventually } from "./eventually";
import { killGroup } from "./killGroup";
import { temporaryFolder } from "./temporaryFolder";

/** The folders of a script that are moved. */
const moved = "(var|tmp)\\b";

interface Running {
  readonly script: ChildProcess;
  readonly ended: Promise<unknown[]>;
}

/**
 * Runs the start script of a container, Telegraf's or https-portal's, on this machine, in a folder of its own with the
 * script's /var and /tmp. Programs of the test take the place of the image's.
 */
export class ContainerStart {
  readonly folder = temporaryFolder();
  /** The first folder in which the script's programs are searched. */
  readonly bin = join(this.folder, "bin");
  /** Where the programs of the test write what they were called with: each call is a line. */
  readonly log = join(this.folder, "log");
  private running: Running | undefined;

  /** @param entryPoint the path of the program of the image that the script starts; the test puts its own into `bin` */
  constructor(private readonly entryPoint: string) {
    mkdirSync(this.bin);
  }

  writeProgram(name: string, content: string): void {
    writeFileSync(join(this.bin, name), `#!/bin/sh\n${content}\n`, { mode: 0o755 });
  }

  /** Moves the script's /var and /tmp into the folder, and starts it. */
  start(script: string, variables: Readonly<Record<string, string>>): void {
    const entryPoint = ` ${this.entryPoint}`;
    expect(script).toContain(entryPoint);
    const local = script
      // A path begins after a blank, a quote, `=` or a redirection.
      .replaceAll(new RegExp(`(?<=[ '>=<])/(?=${moved})`, "g"), `${this.folder}/`)
      .replaceAll(entryPoint, ` ${this.bin}${this.entryPoint}`);
    // With a path that is left, the script would write to a folder of this machine's.
    expect(local.replaceAll(`${this.folder}/`, "")).not.toMatch(new RegExp(`/${moved}`));
    const file = join(this.folder, "start.sh");
    writeFileSync(file, local);
    const path = [this.bin, process.env["PATH"]].join(delimiter);
    const env = { ...process.env, PATH: path, ...variables };
    // A group of its own, so that what it leaves running ends with it.
    const started = spawn("sh", [file], { env, stdio: "ignore", detached: true });
    this.running = { script: started, ended: once(started, "exit") };
  }

  /** Sends a signal to the script alone. */
  signal(signal: NodeJS.Signals): void {
    this.started().script.kill(signal);
  }

  /** The exit status and the signal with which the script ends. */
  async whenEnded(): Promise<unknown[]> {
    return this.started().ended;
  }

  private started(): Running {
    if (this.running === undefined) {
      throw new Error("the script was not started");
    }
    return this.running;
  }

  /** Kills the script and what it has left running. It may have ended, or not have been started. */
  async stop(): Promise<void> {
    const { script, ended } = this.running ?? {};
    this.running = undefined;
    if (script?.pid === undefined) {
      return;
    }
    try {
      killGroup(script, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
        throw error;
      }
    }
    await ended;
  }

  /** The lines of a file in the folder; none while it is missing. */
  lines(file = "log"): string[] {
    const path = join(this.folder, file);
    return existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
  }

  /** Waits for these calls of the programs. */
  async untilLogged(expected: readonly string[]): Promise<void> {
    await eventually("the calls of the script", 20, () => {
      expect(this.lines()).toEqual(expected);
    });
  }
}
