import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { parse, stringify } from "yaml";
import { namespace } from "../../components/settings/schema";
import { rehearsalFolder } from "../rehearsal/instance";
import type { SshAddress } from "../rehearsal/machines/machines";
import type { Bench } from "./bench";
import { run, type Run } from "./run";

const root = join(__dirname, "../..");
const stack = "bench";

/** A program of scripts/bench/programs, or `index`, this project's own. */
export type Program = "nodes" | "bare" | "server" | "index";

/** Settings by their names, without the namespace. */
export interface ProjectSettings {
  readonly nodes: readonly object[];
  readonly [name: string]: unknown;
}

/** A Pulumi project of its own, with its state in a folder. Nothing that it makes is kept beyond the run. */
export class Project {
  private readonly folder: string;

  constructor(
    private readonly bench: Bench,
    private readonly program: Program,
  ) {
    this.folder = join(rehearsalFolder, "bench", program);
  }

  /** Starts again with these settings and without state. What an earlier state recorded is ignored. */
  async reset(settings: ProjectSettings): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
    await mkdir(join(this.folder, "state"), { recursive: true });
    const file = this.program === "index" ? "index.ts" : `scripts/bench/programs/${this.program}.ts`;
    const project = parse(await readFile(join(root, "Pulumi.yaml"), "utf8")) as object;
    await this.write("Pulumi.yaml", { ...project, main: relative(this.folder, join(root, file)) });
    await this.configure(settings);
    await this.pulumi("stack", "init", stack);
  }

  /** Gives the program other settings. */
  async configure(settings: ProjectSettings): Promise<void> {
    const file = `Pulumi.${stack}.yaml`;
    // Pulumi keeps the salt of the passphrase in it.
    const before = parse(await readFile(join(this.folder, file), "utf8").catch(() => "{}")) as object;
    const nodes = join(this.folder, "nodes.yaml");
    await writeFile(nodes, stringify(settings.nodes));
    const config = Object.fromEntries(
      Object.entries({ ...settings, nodes }).map(([key, value]) => [`${namespace}:${key}`, value]),
    );
    await this.write(file, { ...before, config });
  }

  /** `pulumi up`, as who has nothing to ask runs it. */
  async up(...options: string[]): Promise<Run> {
    return this.pulumi("up", "--stack", stack, "--yes", ...options);
  }

  async preview(): Promise<Run> {
    return this.pulumi("preview", "--stack", stack);
  }

  async destroy(): Promise<Run> {
    return this.pulumi("destroy", "--stack", stack, "--yes", "--skip-preview");
  }

  async outputs<T>(): Promise<T> {
    const words = ["stack", "output", "--stack", stack, "--json", "--show-secrets"];
    return JSON.parse((await this.pulumi(...words)).output) as T;
  }

  /** One of this project's commands, such as `deploy`, for the stack. */
  async command(name: string, ...words: string[]): Promise<Run> {
    return run(
      ["node", "--require", join(root, "typescript.cjs"), join(root, `scripts/${name}.ts`), stack, ...words],
      this.options(),
    );
  }

  private async pulumi(...words: string[]): Promise<Run> {
    return run(["pulumi", ...words], this.options());
  }

  private options(): { cwd: string; environment: Record<string, string> } {
    const environment = {
      ...this.bench.pulumi,
      PULUMI_BACKEND_URL: `file://${join(this.folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "bench",
      // Of interest is how long it takes to find as many resources unchanged, not how long to make them.
      ...(this.program === "bare" ? { PULUMI_SKIP_CHECKPOINTS: "true" } : {}),
    };
    return { cwd: this.folder, environment };
  }

  private async write(file: string, content: object): Promise<void> {
    await writeFile(join(this.folder, file), stringify(content));
  }
}

/** Settings in the form in which Pulumi hands them to the program. */
export function configurationOf(settings: ProjectSettings): Record<string, string> {
  const text = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [`${namespace}:${key}`, text(value)]),
  );
}

/** Settings with these nodes, the first of them the master, and the server on this machine's engine. */
export function settingsOf(nodes: readonly SshAddress[]): ProjectSettings {
  return {
    domain: "bench.test",
    vps: "local",
    nodes: nodes.map((ssh, index) => ({
      name: nodeName(index),
      host: `${nodeName(index)}.local`,
      sshHost: ssh.host,
      sshPort: ssh.port,
      user: ssh.user,
      key: ssh.key,
      hostKey: ssh.hostKey,
      master: index === 0,
    })),
  };
}

export function nodeName(index: number): string {
  return `pi-${index}`;
}
