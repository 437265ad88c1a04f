// Runs only when it is named, see scripts/tools/suites.ts.
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { userInfo } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { providers, servedStackVariable } from "../../../scripts/rehearsal/offline/providers/provider";
import { debianImage } from "../../../scripts/rehearsal/toolchain/debian";
import { ensureDocker } from "../../../scripts/rehearsal/toolchain/docker";
import { preparePulumi } from "../../../scripts/rehearsal/toolchain/pulumi";
import { isInstalled } from "../../../scripts/rehearsal/toolchain/pulumiProviders";
import { $ } from "../../../scripts/cli/shell";
import { prepareStandIn } from "../../../scripts/rehearsal/offline/providerStandIn";
import type { Scenario } from "./scenario";
import { SshServer } from "../../support/sshServer";
import { type Outcome, TestStack } from "./testStack";

jest.setTimeout(120_000);

/** The name of the container, the network and the volume. It has the process, so that two runs do not collide. */
const name = `pi-monitoring-providers-${process.pid}`;

const areRealInstalled = providers.every(isInstalled);
if (!areRealInstalled) {
  console.log("Skipped: the tests of the real providers, as not all of them are installed here.");
}

let ssh: SshServer;
let image: string;
let hostPort: number;
let tools: Readonly<Record<string, string>>;
let toolsWithStandIns: Readonly<Record<string, string>>;

beforeAll(async () => {
  ssh = await SshServer.start();
  const report = (message: string): void => {
    console.log(message);
  };
  tools = (await preparePulumi(report, "providers")).environment;
  const standIns = await Promise.all(providers.map(prepareStandIn));
  const path = [...standIns.map(dirname), tools["PATH"]];
  toolsWithStandIns = { ...tools, PATH: path.join(delimiter) };
  const preparation = { report, confirm: () => Promise.resolve(true) };
  await ensureDocker(preparation);
  image = (await debianImage("bookworm", preparation)).location;
  hostPort = await freePort();
}, 600_000);

afterAll(() => {
  // Unset if it did not start.
  (ssh as SshServer | undefined)?.stop();
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** The scenario in which each stack begins. */
function firstScenario(folder: string): Scenario {
  return {
    ssh: {
      host: "127.0.0.1",
      port: ssh.port,
      user: userInfo().username,
      hostKey: ssh.hostKey,
      keyFile: join(folder, "key"),
    },
    name,
    image,
    hostPort,
    journal: join(folder, "journal"),
    memory: 64,
    restart: "unless-stopped",
    colour: "red",
    healthInterval: "1s",
    stopSignal: "SIGINT",
    passwordLength: 30,
    generation: "1",
    trigger: "a",
    extraCommand: "true",
    networkDriver: undefined,
  };
}

async function openStack(
  stackName: string,
  environment: Readonly<Record<string, string>>,
): Promise<TestStack> {
  const stack = await TestStack.create(stackName, environment, firstScenario);
  await writeFile(join(stack.folder, "key"), ssh.clientKey, { mode: 0o600 });
  return stack;
}

/** Parts of `docker inspect`, in the words of a Go template. */
async function inspect(template: string): Promise<string> {
  return (await $`docker inspect --format ${template} ${name}`).stdout.trim();
}

async function inContainer(command: string): Promise<string> {
  return (await $`docker exec ${name} sh -c ${command}`).stdout.trim();
}

/** The ids of the containers and networks, and the names of the volumes, that the suite has made; a line each. */
async function objectsOnEngine(): Promise<string[]> {
  const filter = ["--quiet", "--filter", `label=pi-monitoring.test=${name}`];
  const kinds = [
    ["ps", "--all"],
    ["network", "ls"],
    ["volume", "ls"],
  ];
  const found = await Promise.all(kinds.map((words) => $`docker ${words} ${filter}`));
  return found.flatMap(({ stdout }) => stdout.split("\n")).filter((line) => line !== "");
}

/** @param changes how many resources were created, updated and so on, if that matters */
function expectDone({ exitCode, output, changes: found }: Outcome, changes?: Outcome["changes"]): void {
  if (exitCode !== 0) {
    throw new Error(output);
  }
  if (changes !== undefined) {
    expect(found).toEqual(changes);
  }
}

/** The stack, the provider of Docker, and the seven resources that the program has of them. */
const resourceCount = 9;

const variants = [
  { kind: "stand-ins", suite: describe, environment: () => toolsWithStandIns },
  { kind: "real providers", suite: areRealInstalled ? describe : describe.skip, environment: () => tools },
];

// Both must pass the same tests. Each test goes on from the state of the one before.
variants.forEach(({ kind, suite, environment }) => {
  suite(`the ${kind}`, () => {
    let stack: TestStack;
    /** All that `pulumi` has printed. */
    let printed = "";

    const passwords = new Set<string>();

    async function up(changes: Partial<Scenario> = {}, ...options: string[]): Promise<Outcome> {
      const outcome = await stack.up(changes, ...options);
      printed += outcome.output;
      const { secret } = await stack.outputs();
      if (secret !== undefined) {
        passwords.add(secret);
      }
      return outcome;
    }

    /** The lines that the commands have added to the journal since the last call, which empties it. */
    async function takeJournal(): Promise<string[]> {
      const file = join(stack.folder, "journal");
      const lines = (await readFile(file, "utf8").catch(() => "")).split("\n").slice(0, -1);
      await writeFile(file, "");
      return lines;
    }

    beforeAll(async () => {
      stack = await openStack("providers", environment());
    });

    afterAll(async () => {
      // Unset if it was not made.
      const opened = stack as TestStack | undefined;
      await opened?.pulumi(["destroy", "--yes", "--skip-preview"]);
      await opened?.remove();
    });

    test("a preview connects to no server", async () => {
      const { ssh: server } = firstScenario(stack.folder);
      const { exitCode, output } = await stack.pulumi(["preview"], {
        ssh: { ...server, port: await freePort() },
      });
      expect({ exitCode, output }).toEqual({
        exitCode: 0,
        output: expect.stringContaining(`${resourceCount} to create`) as string,
      });
      expect(await objectsOnEngine()).toEqual([]);
    });

    test("the first up creates everything with its options", async () => {
      expectDone(await up(), { created: resourceCount });
      expect(await inspect("{{.State.Health.Status}} {{.Config.Hostname}} {{index .Config.Env 0}}")).toBe(
        `healthy ${name} COLOUR=red`,
      );
      expect(JSON.parse(await inspect("{{json .Config.Healthcheck}}"))).toEqual({
        Test: ["CMD", "test", "-e", "/etc/providers/secret"],
        Interval: 1e9,
        Timeout: 5e9,
        StartPeriod: 1e9,
        Retries: 3,
      });
      expect(JSON.parse(await inspect("{{json .HostConfig}}"))).toMatchObject({
        NetworkMode: "bridge",
        RestartPolicy: { Name: "unless-stopped" },
        Memory: 64 * 1024 * 1024,
        MemorySwap: 64 * 1024 * 1024,
        Binds: [`${name}:/data:rw`],
        PortBindings: { "80/tcp": [{ HostIp: "0.0.0.0", HostPort: `${hostPort}` }] },
        LogConfig: { Type: "json-file", Config: { "max-size": "1m", "max-file": "2" } },
      });
      const networks = JSON.parse(await inspect("{{json .NetworkSettings.Networks}}")) as Record<
        string,
        { Aliases: string[] }
      >;
      expect(Object.keys(networks)).toEqual([name]);
      expect(networks[name]?.Aliases).toContain("alias");
      expect(await inspect("{{.Config.StopSignal}} {{.Config.StopTimeout}}")).toBe("SIGINT 10");
      // A container, a network and a volume.
      expect(await objectsOnEngine()).toHaveLength(3);
    });

    test("uploaded files have their content and permissions, and belong to root", async () => {
      const { secret = "" } = await stack.outputs();
      expect(secret).toMatch(/^[A-Za-z0-9]{30}$/);
      expect(await inContainer("cat /etc/providers/secret")).toBe(secret);
      expect(await inContainer("stat -c '%a %U:%G' /etc/providers/script /etc/providers/secret")).toBe(
        "750 root:root\n644 root:root",
      );
    });

    test("secrets are neither printed nor in the state in clear", async () => {
      const { secret = "", commandOutput } = await stack.outputs();
      expect(commandOutput).toBe(secret);
      const { output } = await stack.pulumi(["stack", "output"]);
      expect(output.match(/\[secret\]/g)).toHaveLength(2);
      const state = await $`cat ${join(stack.folder, "state/.pulumi/stacks/providers/providers.json")}`;
      expect(state.stdout).toContain("pi-monitoring-providers");
      expect(state.stdout).not.toContain(secret);
      expect(state.stdout).not.toContain(ssh.clientKey.split("\n")[2]);
      expect(await takeJournal()).toEqual(expect.arrayContaining(["local create", "remote apply 1"]));
    });

    test("nothing changes without a reason", async () => {
      expectDone(await up({}, "--expect-no-changes"), {});
      const refresh = await stack.pulumi(["refresh", "--yes", "--skip-preview", "--expect-no-changes"]);
      expectDone(refresh, {});
      expectDone(await up({}, "--expect-no-changes"), {});
      expect(await takeJournal()).toEqual([]);
    });

    test("memory and restart policy change in place", async () => {
      const { containerId } = await stack.outputs();
      expectDone(await up({ memory: 96, restart: "always" }), { updated: 1 });
      expect(await inspect("{{.Id}} {{.HostConfig.Memory}} {{.HostConfig.RestartPolicy.Name}}")).toBe(
        `${containerId ?? ""} ${96 * 1024 * 1024} always`,
      );
    });

    test.each<Partial<Scenario>>([{ colour: "green" }, { healthInterval: "2s" }, { stopSignal: "SIGUSR1" }])(
      "%j replaces the container, which gets its signal and time to stop",
      async (change) => {
        const { containerId } = await stack.outputs();
        await inContainer("rm -f /data/stopped");
        expectDone(await up(change), { replaced: 1 });
        expect(await inspect("{{.Id}}")).not.toBe(containerId);
        expect(await inContainer("cat /data/stopped")).toBe("clean");
      },
    );

    test("a changed command is updated in place, and keeps its output where it prints the previous one", async () => {
      const before = await stack.outputs();
      expectDone(await up({ generation: "2" }), { updated: 2 });
      expect((await takeJournal()).sort()).toEqual(["local update for 2", "remote apply 2"]);
      expect((await stack.outputs())["commandOutput"]).toBe(before["commandOutput"]);
    });

    test("a changed trigger creates the new command before it deletes the old one", async () => {
      expectDone(await up({ trigger: "b" }), { replaced: 2 });
      const lines = await takeJournal();
      expect(lines.filter((line) => line.startsWith("local"))).toEqual(["local create", "local delete 30"]);
      expect(lines.filter((line) => line.startsWith("remote"))).toEqual([
        "remote apply 2",
        "remote remove 2",
      ]);
    });

    test("a command that fails is reported with its exit status and output, and runs again at the next up", async () => {
      const { exitCode, output } = await up(
        { trigger: "c", extraCommand: "echo went wrong >&2; exit 3" },
        "--continue-on-error",
      );
      expect(exitCode).not.toBe(0);
      expect(output).toMatch(/error: exit status 3: running "echo \\"local create\\".*":\n/);
      expect(output).toMatch(/error: Process exited with status 3: running "sh -s -- apply":\n\s*went wrong/);
      expectDone(await up({ extraCommand: "true" }), { replaced: 2 });
    });

    test("another length makes another password, and replaces the container that has it", async () => {
      expectDone(await up({ passwordLength: 40 }), { replaced: 2, updated: 1 });
      const { secret } = await stack.outputs();
      expect(secret).toHaveLength(40);
      expect(await inContainer("cat /etc/providers/secret")).toBe(secret);
    });

    test("a refresh finds a container that was removed by hand, and the next up makes it", async () => {
      await $`docker rm --force --volumes ${name}`;
      const refresh = await stack.pulumi(["refresh", "--yes", "--skip-preview"]);
      expectDone(refresh, { deleted: 1 });
      expectDone(await up(), { created: 1 });
      expect(await inspect("{{.State.Health.Status}}")).toBe("healthy");
    });

    test("a container that was stopped by hand runs again", async () => {
      await $`docker stop ${name}`;
      expectDone(await up({}, "--refresh"));
      expect(await inspect("{{.State.Running}}")).toBe("true");
    });

    test("a host that does not answer is given up after the attempts that were allowed", async () => {
      const { ssh: server } = firstScenario(stack.folder);
      const { exitCode, output } = await up({ ssh: { ...server, port: await freePort() } });
      expect(exitCode).not.toBe(0);
      expect(output).toContain("error: after 2 failed attempts: ");
      expectDone(await up({ ssh: server }));
    });

    test("destroy leaves nothing", async () => {
      await takeJournal();
      const destroyed = await stack.pulumi(["destroy", "--yes", "--skip-preview"]);
      expectDone(destroyed, { deleted: resourceCount });
      expect(await objectsOnEngine()).toEqual([]);
      expect((await takeJournal()).sort()).toEqual(["local delete 30", "remote remove 2"]);
    });

    test("no secret was printed", () => {
      expect(passwords.size).toBe(2);
      for (const secret of [...passwords, ssh.clientKey.split("\n")[2]]) {
        expect(printed).not.toContain(secret);
      }
    });
  });
});

describe("the stand-ins alone", () => {
  let stack: TestStack;

  afterEach(async () => {
    // Unset if it was not made.
    await (stack as TestStack | undefined)?.remove();
  });

  test("refuse what they do not know, before anything is made", async () => {
    stack = await openStack("providers", toolsWithStandIns);
    const { exitCode, output } = await stack.pulumi(["preview"], { networkDriver: "bridge" });
    expect(exitCode).not.toBe(0);
    expect(output).toContain('does not know everything in "": Unrecognized key: "driver"');
  });

  test("refuse a stack other than the rehearsal's", async () => {
    stack = await openStack("production", toolsWithStandIns);
    const { exitCode, output } = await stack.pulumi(["preview"]);
    expect(exitCode).not.toBe(0);
    expect(output).toContain('is a stand-in for the rehearsal and does not serve the stack "production"');
    expect(await objectsOnEngine()).toEqual([]);
  });

  test("refuse every stack unless the environment names it as a rehearsal", async () => {
    stack = await openStack("providers", { ...toolsWithStandIns, [servedStackVariable]: "" });
    expect((await stack.pulumi(["preview"])).output).toContain("is a stand-in for the rehearsal");
  });
});
