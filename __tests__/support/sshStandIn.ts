import { chmodSync, copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { temporaryFolder } from "./temporaryFolder";

/** An `ssh` on the PATH of a test file, which answers for each login, such as `pi@kube-0.local`. */
export class SshStandIn {
  private readonly folder = temporaryFolder();
  private readonly path = process.env["PATH"] ?? "";

  constructor() {
    copyFileSync(join(__dirname, "sshStandIn.sh"), join(this.folder, "ssh"));
    chmodSync(join(this.folder, "ssh"), 0o755);
    beforeAll(() => {
      process.env["PATH"] = `${this.folder}${delimiter}${this.path}`;
    });
    afterAll(() => {
      process.env["PATH"] = this.path;
    });
    afterEach(() => {
      this.forget();
    });
  }

  /** Sets the answer to doctor's inspection, or to the one before a set-up (`nodeRefusals`). Without one, sudo asks for a password. */
  answer(login: string, kind: "doctor" | "preflight", text: string): void {
    writeFileSync(join(this.folder, `${login}.${kind}`), text);
  }

  /** The runs of the inspection before a set-up: login, command and script. */
  get preflightRuns(): { readonly login: string; readonly command: string; readonly input: string }[] {
    return readdirSync(this.folder)
      .filter((name) => name.endsWith(".input"))
      .map((name) => {
        const words = readFileSync(join(this.folder, name.replace(".input", "")), "utf8");
        const [login = "", command = ""] = words.trim().split(/ (.*)/s);
        return { login, command, input: readFileSync(join(this.folder, name), "utf8") };
      })
      .filter(({ input }) => input.includes("\necho inspects\n"))
      .sort((a, b) => a.login.localeCompare(b.login));
  }

  private forget(): void {
    for (const name of readdirSync(this.folder).filter((each) => each !== "ssh")) {
      rmSync(join(this.folder, name));
    }
  }
}
