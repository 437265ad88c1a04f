import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../components/userError";
import { $ } from "../cli/shell";
import { type Checkpoint, reveal, type StateResource } from "./state";
import { Server } from "../remote/server";
import { agentState, requireAgent } from "../remote/sshAgent";
import { namespace } from "../../components/settings/schema";
import { parseSettings, type Settings } from "../../components/settings/settings";

/** What is done at a time: an sshd lets 10 sessions share one login (MaxSessions), and drops bursts of logins. */
const sessions = "8";

/** The outputs that the commands here use; `index.ts` has them all. */
export interface StackOutputs {
  readonly urls: Readonly<Record<"influxdb" | "grafana" | "telegraf", string>>;
  readonly influxdb: { readonly org: string; readonly bucket: string; readonly adminUser: string };
  /** Missing where somebody else has set InfluxDB up. */
  readonly influxdbAdminPassword?: string;
  readonly telegrafToken: string;
  readonly grafanaToken: string;
  readonly grafanaAdminPassword: string;
  /** By the name of the master; a stack that was brought up when all masters had one has none. */
  readonly ingestCredentials?: Readonly<Record<string, string>>;
  readonly rotated: Settings["rotated"];
}

/** A stack as it was brought up last. */
export interface Snapshot {
  readonly resources: readonly StateResource[];
  readonly outputs: StackOutputs;
}

/** How `pulumi` is called for one stack. */
export interface PulumiCall {
  /** What is added to the environment: the backend and the passphrase of the rehearsal, nothing for others. */
  readonly environment: Readonly<Record<string, string>>;
  /** Options that every call needs. */
  readonly options: readonly string[];
  /** What runs the policy pack, where it is not the project's own. */
  readonly policyPack?: string | undefined;
}

/** What a run of `pulumi` has said, on either stream. */
export interface Captured {
  readonly exitCode: number;
  readonly output: string;
}

/** A Pulumi stack, as the commands here see it. */
export class Stack {
  constructor(
    readonly name: string,
    readonly call: PulumiCall,
  ) {}

  /** Without the organization that stacks of Pulumi Cloud have in front. */
  get plainName(): string {
    return this.name.replace(/^.*\//, "");
  }

  /** Runs `pulumi` with its output on this terminal. Whether it succeeded is its exit code. */
  async run(words: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<number> {
    const result = await $({
      env: { ...(await this.environmentOf(words)), ...environment },
      stdio: "inherit",
      nothrow: true,
    })`pulumi ${this.words(words)}`;
    return result.exitCode ?? 1;
  }

  /** Runs `pulumi` without showing what it prints. */
  async capture(...words: string[]): Promise<Captured> {
    const result = await $({
      env: await this.environmentOf(words),
      nothrow: true,
    })`pulumi ${this.words(words)}`;
    return { exitCode: result.exitCode ?? 1, output: result.stdall };
  }

  /** A preview logs in nowhere, and must not need a server that answers. */
  private async environmentOf([command = ""]: readonly string[]): Promise<NodeJS.ProcessEnv> {
    const environment = this.environment();
    if (!["up", "refresh", "destroy"].includes(command)) {
      return environment;
    }
    const settings = await this.settings();
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

  /** Makes the stack, unless it is there. */
  async select(): Promise<void> {
    await $({ env: this.environment() })`pulumi ${this.words(["stack", "select", "--create"])}`;
  }

  /** Writes a setting, encrypted, into the settings file. */
  async setSecret(path: string, value: string): Promise<void> {
    // On standard input: it must not show in the process list.
    const words = this.words(["config", "set", "--secret", "--path", path]);
    const { exitCode, stderr } = await $({
      env: this.environment(),
      nothrow: true,
      input: value,
    })`pulumi ${words}`;
    if (exitCode !== 0) {
      throw new UserError(`${path} could not be written: ${stderr.trim()}`);
    }
  }

  async settings(): Promise<Settings> {
    const values = await this.json<Record<string, { value?: string }>>("config", "--json", "--show-secrets");
    const plain = Object.entries(values).filter(([key]) => key.startsWith(`${namespace}:`));
    return parseSettings(
      this.plainName,
      Object.fromEntries(plain.map(([key, { value }]) => [key, value ?? ""])),
    );
  }

  async outputs(): Promise<StackOutputs> {
    return (await this.snapshot()).outputs;
  }

  /** Where the state is, such as `file:///home/me/state`. */
  async backendUrl(): Promise<string> {
    const words = ["whoami", "--json", ...this.call.options];
    return (await $({ env: this.environment() })`pulumi ${words}`).json<{ url: string }>().url;
  }

  /** The state as JSON, with the secrets as they are encrypted in it. */
  async exportState(): Promise<string> {
    return this.read("stack", "export");
  }

  /** The resources in force, with their secrets. */
  async resources(): Promise<readonly StateResource[]> {
    return (await this.snapshot()).resources;
  }

  /** Both in one call of `pulumi`, which takes a second of a processor for each to decrypt the secrets. */
  async snapshot(): Promise<Snapshot> {
    const { deployment } = JSON.parse(
      await this.read("stack", "export", "--show-secrets"),
      reveal,
    ) as Checkpoint;
    const resources = (deployment.resources ?? []).filter((each) => each.delete !== true);
    const outputs = resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {};
    return { resources, outputs: outputs as StackOutputs };
  }

  /** Puts another state in the place of the stack's own. */
  async importState(state: object): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), "pi-monitoring-state-"));
    try {
      const file = join(folder, "state.json");
      await writeFile(file, JSON.stringify(state), { mode: 0o600 });
      await this.read("stack", "import", "--file", file);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  private async json<T>(...words: string[]): Promise<T> {
    return JSON.parse(await this.read(...words)) as T;
  }

  /** What `pulumi` prints. */
  async read(...words: string[]): Promise<string> {
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
    return { PULUMI_PARALLEL: sessions, ...process.env, ...this.call.environment };
  }
}
