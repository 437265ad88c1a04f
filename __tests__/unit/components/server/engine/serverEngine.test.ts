import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { ServerEngine } from "../../../../../components/server/engine/serverEngine";
import type { Settings } from "../../../../../components/settings/settings";
import { anyText } from "../../../../support/arbitraries";
import { exampleSettings, hostKey, smallest } from "../../../../support/exampleSettings";
import { recordResources } from "../../../../support/recordResources";

interface RecordedEngine {
  readonly engine: ServerEngine;
  /** The inputs of the Docker provider. */
  readonly provider: Readonly<Record<string, unknown>>;
}

async function recordEngine(vps: Settings["vps"]): Promise<RecordedEngine> {
  const engines: ServerEngine[] = [];
  const resources = await recordResources(() => engines.push(new ServerEngine("engine", vps)));
  const provider = resources.find(({ type }) => type === "pulumi:providers:docker");
  const [engine] = engines;
  if (engine === undefined || provider === undefined) {
    throw new Error("there is no engine or no provider");
  }
  return { engine, provider: provider.inputs };
}

function vps(changes: object): Settings["vps"] {
  return exampleSettings({ vps: { ...smallest.vps, ...changes } }).vps;
}

const sharedOptions = [
  "UserKnownHostsFile=/dev/null",
  "GlobalKnownHostsFile=/dev/null",
  "BatchMode=yes",
  "ConnectTimeout=10",
  "LogLevel=ERROR",
  "ControlMaster=auto",
  "ControlPath=~/.ssh/pi-monitoring-%C",
  "ControlPersist=30",
];

interface SshCase {
  readonly what: string;
  readonly vps: object;
  readonly login: string;
  readonly port: string;
  /** How the Docker provider is given both. */
  readonly host: string;
  readonly options: readonly string[];
}

test.each<SshCase>([
  {
    what: "a key file and a known host key",
    vps: { port: 2222, user: "admin", key: "package.json" },
    login: "admin@vps.example.com",
    port: "2222",
    host: "ssh://admin@vps.example.com:2222",
    options: [
      `IdentityFile=${process.cwd()}/package.json`,
      "IdentitiesOnly=yes",
      "StrictHostKeyChecking=yes",
      `KnownHostsCommand=/bin/echo %H ${hostKey}`,
      ...sharedOptions,
    ],
  },
  {
    what: "an IPv6 address",
    vps: { host: "2001:db8::7", hostKey: "unchecked" },
    login: "root@2001:db8::7",
    port: "22",
    host: "ssh://root@[2001:db8::7]:22",
    options: ["StrictHostKeyChecking=no", ...sharedOptions],
  },
  {
    what: "an agent and any host key",
    vps: { hostKey: "unchecked" },
    login: "root@vps.example.com",
    port: "22",
    host: "ssh://root@vps.example.com:22",
    options: ["StrictHostKeyChecking=no", ...sharedOptions],
  },
])("the VPS is reached by SSH with $what", async ({ vps: changes, login, port, host, options }) => {
  const { engine, provider } = await recordEngine(vps(changes));
  const words = options.flatMap((option) => ["-o", option]);
  expect(provider).toEqual({ host, sshOpts: JSON.stringify(words) });
  // A command of `docker` reaches the engine by the same options.
  const ssh = run(engine.dockerCommand("version"), `ssh() { printf '%s\\0' "$@"; }`);
  expect(ssh).toEqual([...words, "-p", port, login, "docker version"]);
});

test("this machine's own engine needs no address", async () => {
  const { engine, provider } = await recordEngine("local");
  expect(provider).toEqual({});
  expect(engine.dockerCommand("exec", "-i", "influxdb", "sh", "-s")).toBe("docker exec -i influxdb sh -s");
});

test.each<Settings["vps"]>(["local", vps({})])("words reach docker as they are (%#)", async (where) => {
  const { engine } = await recordEngine(where);
  const writable = anyText.filter((word) => word.isWellFormed() && !word.includes("\0"));
  fc.assert(
    fc.property(fc.array(writable, { minLength: 20, maxLength: 40, size: "max" }), (words) => {
      const stubs = `
ssh() { for remote; do :; done; eval "$remote"; }
docker() { printf '%s\\0' "$@"; }`;
      expect(run(engine.dockerCommand(...words), stubs)).toEqual(words);
    }),
    { numRuns: 20 },
  );
});

/** What the functions in `stubs` print when they are called by a command line. */
function run(commandLine: string, stubs: string): string[] {
  const { stdout } = spawnSync("sh", { input: `${stubs}\n${commandLine}\n`, encoding: "utf8" });
  return stdout.split("\0").slice(0, -1);
}
