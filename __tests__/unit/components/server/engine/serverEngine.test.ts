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

test.each([
  [
    "a key file and a known host key",
    { port: 2222, user: "admin", key: "package.json" },
    "ssh://admin@vps.example.com:2222",
    [
      `IdentityFile=${process.cwd()}/package.json`,
      "IdentitiesOnly=yes",
      "StrictHostKeyChecking=yes",
      `KnownHostsCommand=/bin/echo %H ${hostKey}`,
      ...sharedOptions,
    ],
  ],
  [
    "an IPv6 address",
    { host: "2001:db8::7", hostKey: "unchecked" },
    "ssh://root@[2001:db8::7]:22",
    ["StrictHostKeyChecking=no", ...sharedOptions],
  ],
  [
    "an agent and any host key",
    { hostKey: "unchecked" },
    "ssh://root@vps.example.com:22",
    ["StrictHostKeyChecking=no", ...sharedOptions],
  ],
])("the VPS is reached by SSH with %s", async (_, changes, host, options) => {
  const { engine, provider } = await recordEngine(vps(changes));
  const words = options.flatMap((option) => ["-o", option]);
  expect(provider).toEqual({ host, sshOpts: JSON.stringify(words) });
  // `docker exec` takes the same way.
  const [user, address] = host
    .replace("ssh://", "")
    .replace(/[[\]]/g, "")
    .split(/@|:\d+$/);
  const port = host.replace(/.*:/, "");
  const ssh = run(engine.dockerCommand("version"), `ssh() { printf '%s\\0' "$@"; }`);
  expect(ssh).toEqual([...words, "-p", port, `${user ?? ""}@${address ?? ""}`, "docker version"]);
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
