import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "./eventually";
import { temporaryFolder } from "./temporaryFolder";

/** An SSH agent without keys, for the tests of a file. */
export class TestAgent {
  /** As short as a socket's path has to be. */
  readonly folder = temporaryFolder("/tmp");

  constructor() {
    const before = process.env["SSH_AUTH_SOCK"];
    let agent: ChildProcess;
    beforeAll(async () => {
      agent = spawn("ssh-agent", ["-D", "-a", this.socket], { stdio: "ignore" });
      await eventually("the agent's socket", 20, () => {
        expect(existsSync(this.socket)).toBe(true);
      });
    });
    afterEach(() => {
      if (before === undefined) {
        delete process.env["SSH_AUTH_SOCK"];
      } else {
        process.env["SSH_AUTH_SOCK"] = before;
      }
    });
    afterAll(() => {
      agent.kill();
    });
  }

  get socket(): string {
    return join(this.folder, "agent");
  }

  /** Sets SSH_AUTH_SOCK to the socket of this agent, or to a path where no agent answers. */
  use(which: "running" | "silent"): void {
    process.env["SSH_AUTH_SOCK"] = which === "running" ? this.socket : join(this.folder, "silent");
  }
}
