import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { $ } from "../../../scripts/cli/shell";
import { type Scenario, scenarioVariable } from "./scenario";

export interface Outcome {
  readonly exitCode: number;
  readonly output: string;
  /** How many resources were created, updated and so on; none of those that stayed as they were. */
  readonly changes: Readonly<Record<string, number>>;
}

/** A stack of the program beside this file, with a state of its own in a temporary folder. */
export class TestStack {
  private constructor(
    readonly folder: string,
    private readonly name: string,
    private readonly environment: Readonly<Record<string, string | undefined>>,
    private scenario: Scenario,
  ) {}

  static async create(
    name: string,
    tools: Readonly<Record<string, string | undefined>>,
    scenario: (folder: string) => Scenario,
  ): Promise<TestStack> {
    const folder = await mkdtemp(join(tmpdir(), "pi-monitoring-providers-"));
    await mkdir(join(folder, "state"));
    const project = await readFile(join(__dirname, "Pulumi.yaml"), "utf8");
    await writeFile(join(folder, "Pulumi.yaml"), `${project}main: ${join(__dirname, "testProgram.ts")}\n`);
    const environment = {
      ...process.env,
      ...tools,
      PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "passphrase of a test",
    };
    const stack = new TestStack(folder, name, environment, scenario(folder));
    await $({ cwd: folder, env: environment })`pulumi stack init ${name}`;
    return stack;
  }

  /** Brings the stack up, with what is to be different in the scenario from now on. */
  async up(changes: Partial<Scenario> = {}, ...options: string[]): Promise<Outcome> {
    this.scenario = { ...this.scenario, ...changes };
    return this.pulumi(["up", "--yes", "--skip-preview", ...options]);
  }

  /** @param changes what is different in the scenario for this one call */
  async pulumi(words: readonly string[], changes: Partial<Scenario> = {}): Promise<Outcome> {
    const env = { ...this.environment, [scenarioVariable]: JSON.stringify({ ...this.scenario, ...changes }) };
    const options = ["--stack", this.name, "--non-interactive"];
    const result = await $({ cwd: this.folder, env, nothrow: true })`pulumi ${words} ${options}`;
    const counts = [...result.stdout.matchAll(/(\d+) (created|updated|replaced|deleted)\b/g)];
    return {
      exitCode: result.exitCode ?? -1,
      output: result.stdall,
      changes: Object.fromEntries(counts.map(([, count, verb = ""]) => [verb, Number(count)])),
    };
  }

  async outputs(): Promise<Readonly<Record<string, string>>> {
    const { output } = await this.pulumi(["stack", "output", "--json", "--show-secrets"]);
    return JSON.parse(output) as Record<string, string>;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}
