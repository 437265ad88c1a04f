import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { sha256 } from "../../../../../components/sha256";
import { inspectContainers } from "../../../../../scripts/doctor/server/containers";
import { exampleSettings } from "../../../../support/exampleSettings";
import { loadedStack } from "../../../../support/loadedStack";
import { temporaryFolder } from "../../../../support/temporaryFolder";

const folder = temporaryFolder();
const path = process.env["PATH"];
const uploaded = join(folder, "telegraf file.conf");
const calls = join(folder, "calls");

const inputs = (name: string): object => ({
  name,
  image: "sha256:1",
  hostname: name,
  restart: "always",
  networksAdvanced: [],
  uploads: name === "telegraf" ? [{ file: uploaded, content: "as deployed" }] : [],
  healthcheck: { tests: ["CMD", "true"] },
  memory: 1,
  memorySwap: 1,
  stopTimeout: 1,
  logDriver: "json-file",
  logOpts: {},
  labels: [],
});

const resource = (kind: string, name: string, more: object = {}) => ({
  urn: `urn:pulumi:home::x::y::server-${name}-${kind}`,
  type: `docker:index/${kind}:${kind.replace(/^./, (letter) => letter.toUpperCase())}`,
  id: `${name}-id`,
  inputs: { name, ...more },
});

const loaded = loadedStack({
  settings: exampleSettings({ vps: "local" }),
  resources: [
    resource("network", "telegraf"),
    resource("network", "grafana"),
    resource("volume", "influxdb2"),
    resource("volume", "ingest-spool", { driverOpts: {} }),
    resource("container", "telegraf", inputs("telegraf")),
    resource("container", "grafana", inputs("grafana")),
  ],
});

/** A running container as it was deployed. */
const telegraf = {
  Id: "telegraf-id",
  Name: "/telegraf",
  Image: "sha256:1",
  State: { Status: "running", Health: { Status: "healthy" } },
  Config: {
    Hostname: "telegraf",
    Entrypoint: null,
    Env: [],
    Labels: {},
    Healthcheck: { Test: ["CMD", "true"] },
    StopTimeout: 1,
  },
  HostConfig: {
    RestartPolicy: { Name: "always" },
    Memory: 1024 * 1024,
    MemorySwap: 1024 * 1024,
    PortBindings: null,
    LogConfig: { Type: "json-file", Config: {} },
  },
  Mounts: [],
  NetworkSettings: { Networks: {} },
};

/** A `docker` whose engine lacks a network, the volumes and Grafana; a container is this machine. */
const docker = `#!/bin/sh
echo "$1 $2" >>${calls}
case "$1 $2" in
  'network ls') echo telegraf ;;
  'volume ls') ;;
  'container inspect') cat <<'END'
${JSON.stringify([telegraf], null, 2)}
END
    exit 1 ;;
  'exec -i') shift 3; exec "$@" ;;
esac
`;

beforeAll(() => {
  process.env["PATH"] = [folder, path].join(delimiter);
});

beforeEach(() => {
  rmSync(calls, { force: true });
  writeFileSync(join(folder, "docker"), docker);
  chmodSync(join(folder, "docker"), 0o755);
  writeFileSync(uploaded, "as deployed");
});

afterAll(() => {
  process.env["PATH"] = path;
});

async function problems(): Promise<string[]> {
  const { findings } = await inspectContainers(loaded);
  return findings.map(({ subject, problem }) => `${subject}: ${problem}`);
}

const gone = [
  "grafana: the network is gone",
  "influxdb2: the volume is gone, and what was on it",
  "ingest-spool: the volume is gone",
];

test("what is gone is found, and its repair named", async () => {
  const { containers, findings } = await inspectContainers(loaded);
  expect(containers).toEqual([
    { name: "telegraf", state: "running", health: "healthy" },
    { name: "grafana", state: "missing", health: "none" },
  ]);
  expect(await problems()).toEqual([...gone, "grafana: the container is gone"]);
  expect(findings.map(({ repairs }) => repairs?.[0])).toEqual([
    { how: "refresh", resource: "server-grafana-network" },
    undefined,
    { how: "refresh", resource: "server-ingest-spool-volume" },
    { how: "refresh", resource: "server-grafana-container" },
  ]);
});

test("an uploaded file that differs, or is missing, is found", async () => {
  writeFileSync(uploaded, "edited");
  expect(await problems()).toContain(`telegraf: ${uploaded} differs from what was deployed`);
  rmSync(uploaded);
  expect(await problems()).toContain(`telegraf: ${uploaded} is missing`);
});

test("the engine is asked in three calls of docker, and a container in one", async () => {
  const { files } = await inspectContainers(loaded);
  expect(files.get("telegraf")).toEqual({ sums: new Map([[uploaded, sha256("as deployed")]]), status: "" });
  expect(readFileSync(calls, "utf8").trim().split("\n").sort()).toEqual([
    "container inspect",
    "exec -i",
    "network ls",
    "volume ls",
  ]);
});

test("an engine that does not answer is an error", async () => {
  writeFileSync(join(folder, "docker"), "#!/bin/sh\necho no daemon >&2\nexit 1\n");
  await expect(inspectContainers(loaded)).rejects.toMatchObject({ stderr: "no daemon\n" });
});
