import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../components/userError";
import { $ } from "../cli/shell";
import { reveal, type StackState, type StateResource } from "./state";
import { Server } from "../remote/server";
import { agentState, requireAgent } from "../remote/sshAgent";
import { namespace } from "../../components/settings/schema";
import { parseSettings, type Settings } from "../../components/settings/settings";

/** Operations at a time: an sshd lets 10 sessions share one login (MaxSessions), and drops bursts of logins. */
const parallel = "8";

/** The outputs that the commands use; `index.ts` has all. */
export interface StackOutputs {
  readonly urls: Readonly<Record<"influxdb" | "grafana" | "telegraf", string>>;
  readonly influxdb: { readonly org: string; readonly bucket: string; readonly adminUser: string };
  /** Missing for an existing InfluxDB. */
  readonly influxdbAdminPassword?: string;
  readonly telegrafToken: string;
  readonly grafanaToken: string;
  /** Missing until Grafana is set up. */
  readonly grafanaAdminPassword?: string;
  /** By the name of the master; missing in a stack of a release in which all masters shared one. */
  readonly ingestCredentials?: Readonly<Record<string, string>>;
  readonly rotated: Settings["rotated"];
}

/** A stack with everything that the commands ask it for, as it was after its last `up`. */
export interface LoadedStack {
  readonly stack: Stack;
  readonly settings: Settings;
  readonly server: Server;
  /** The resources in force, with their secrets. */
  readonly resources: readonly StateResource[];
  readonly outputs: StackOutputs;
}

/** The settings of a stack as Pulumi has them, without their encryption. */
export type Configuration = Readonly<Record<string, { readonly value?: string; readonly secret: boolean }>>;

/** @throws UserError if no deploy of the stack has come to its end, which writes the outputs */
export function requireDeployed({ stack: { name }, resources, outputs }: LoadedStack): void {
  if (resources.length === 0 || Object.keys(outputs).length === 0) {
    throw new UserError(`The stack ${name} was not deployed yet: \`npm run deploy -- ${name}\``);
  }
}

/** How `pulumi` is called for one stack. */
export interface PulumiCall {
  /** Additions to the environment: the backend and the passphrase of the rehearsal, nothing for others. */
  readonly environment: Readonly<Record<string, string>>;
  /** Options that every call needs. */
  readonly options: readonly string[];
  /** The folder of the policy pack, unless it is the project's own. */
  readonly policyPack?: string | undefined;
}

/** What a run of `pulumi` printed, on either stream. */
export interface Captured {
  readonly exitCode: number;
  readonly output: string;
}

/** A Pulumi stack. */
export class Stack {
  constructor(
    readonly name: string,
    readonly call: PulumiCall,
  ) {}

  /** Without the organization that stacks of Pulumi Cloud have in front. */
  get plainName(): string {
    return this.name.replace(/^.*\//, "");
  }

  /**
   * Runs `pulumi` with its output on this terminal.
   *
   * @param settings of this stack, to spare a process that reads them
   * @returns its exit code
   */
  async run(
    words: readonly string[],
    settings?: Settings,
    environment: NodeJS.ProcessEnv = {},
  ): Promise<number> {
    const env = { ...(await this.environmentOf(words, settings)), ...environment };
    const result = await $({ env, stdio: "inherit", nothrow: true })`pulumi ${this.words(words)}`;
    return result.exitCode ?? 1;
  }

  /** Runs `pulumi` without showing what it prints. */
  async capture(...words: string[]): Promise<Captured> {
    const env = await this.environmentOf(words);
    const result = await $({ env, nothrow: true })`pulumi ${this.words(words)}`;
    return { exitCode: result.exitCode ?? 1, output: result.stdall };
  }

  /**
   * The environment of a command. One that logs in first opens the login to the server, and checks the SSH agent; a preview
   * needs no server that answers.
   */
  private async environmentOf(
    [command = ""]: readonly string[],
    known?: Settings,
  ): Promise<NodeJS.ProcessEnv> {
    const environment = this.environment();
    if (!["up", "refresh", "destroy"].includes(command)) {
      return environment;
    }
    const settings = known ?? (await this.settings());
    const [agent, isServerReached] = await Promise.all([agentState(), new Server(settings.vps).shareLogin()]);
    requireAgent(agent, settings, isServerReached);
    // The provider calls the agent before every login, and fails if nothing answers, even with a key file.
    if (agent === "silent") {
      delete environment["SSH_AUTH_SOCK"];
    }
    return environment;
  }

  /** The folder of the policy pack. */
  get policyPack(): string {
    return this.call.policyPack ?? join(__dirname, "../policy");
  }

  /** Creates the stack unless it exists. */
  async select(): Promise<void> {
    await this.pulumi("stack", "select", "--create");
  }

  /** Writes a setting, encrypted, into the settings file. */
  async setSecret(path: string, value: string): Promise<void> {
    // On standard input: it must not show in the process list.
    const pulumi = $({ env: this.environment(), nothrow: true, input: value });
    const words = this.words(["config", "set", "--secret", "--path", path]);
    const { exitCode, stderr } = await pulumi`pulumi ${words}`;
    if (exitCode !== 0) {
      throw new UserError(`${path} could not be written: ${stderr.trim()}`);
    }
  }

  async configuration(): Promise<Configuration> {
    return JSON.parse(await this.pulumi("config", "--json", "--show-secrets")) as Configuration;
  }

  async settings(known?: Configuration): Promise<Settings> {
    const values = Object.entries(known ?? (await this.configuration()))
      .filter(([key]) => key.startsWith(`${namespace}:`))
      .map(([key, { value = "" }]) => [key, value] as const);
    return parseSettings(this.plainName, Object.fromEntries(values));
  }

  async outputs(): Promise<StackOutputs> {
    return (await this.snapshot()).outputs;
  }

  /** The address of the state, such as `file:///home/me/state`. */
  async backendUrl(): Promise<string> {
    const words = ["whoami", "--json", ...this.call.options];
    return (await $({ env: this.environment() })`pulumi ${words}`).json<{ url: string }>().url;
  }

  /** The state, with encrypted secrets. */
  async readState(): Promise<StackState> {
    return JSON.parse(await this.exportState()) as StackState;
  }

  /** The same as JSON. */
  async exportState(): Promise<string> {
    return this.pulumi("stack", "export");
  }

  /** Everything at once: each process of `pulumi` takes a second of a processor. */
  async load(): Promise<LoadedStack> {
    const [settings, snapshot] = await Promise.all([this.settings(), this.snapshot()]);
    return { stack: this, settings, server: new Server(settings.vps), ...snapshot };
  }

  private async snapshot(): Promise<Pick<LoadedStack, "resources" | "outputs">> {
    const { deployment } = JSON.parse(
      await this.pulumi("stack", "export", "--show-secrets"),
      reveal,
    ) as StackState;
    const resources = (deployment.resources ?? []).filter((each) => each.delete !== true);
    const outputs = resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {};
    return { resources, outputs: outputs as StackOutputs };
  }

  /** Replaces the state of the stack. */
  async importState(state: StackState): Promise<void> {
    await withTemporaryFile(JSON.stringify(state), (file) => this.pulumi("stack", "import", "--file", file));
  }

  /** Runs `pulumi`, which must succeed, and returns what it prints. */
  async pulumi(...words: string[]): Promise<string> {
    const result = await $({ env: this.environment(), nothrow: true })`pulumi ${this.words(words)}`;
    if (result.exitCode !== 0) {
      throw new UserError(`pulumi ${words.join(" ")} has failed: ${result.stderr.trim()}`);
    }
    return result.stdout;
  }

  private words(words: readonly string[]): string[] {
    return [...words, "--stack", this.name, ...this.call.options];
  }

  private environment(): NodeJS.ProcessEnv {
    return { PULUMI_PARALLEL: parallel, ...process.env, ...this.call.environment };
  }
}

/** Runs a command with a text in a file that only this user may read, and removes the file. */
export async function withTemporaryFile<T>(text: string, use: (file: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "pi-monitoring-"));
  try {
    const file = join(folder, "file.json");
    await writeFile(file, text, { mode: 0o600 });
    return await use(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}
