import { sha256 } from "../../../components/machine/installed";
import { dockerCommand } from "../../../components/server/engine/serverEngine";
import type { Settings } from "../../../components/settings/settings";
import { $ } from "../../cli/shell";
import { nameOf, type StateResource } from "../../stack/state";
import { drift, type Finding, type Known, type Mend } from "../findings";

export interface ContainerHealth {
  readonly name: string;
  /** As `docker ps` says: `running`, `exited`, ...; `missing` if there is none. */
  readonly state: string;
  /** `healthy`, `unhealthy`, `starting`, or `none` for one that is not running or has no health check. */
  readonly health: string;
}

export interface ContainerReport {
  readonly containers: readonly ContainerHealth[];
  readonly findings: readonly Finding[];
}

/** A container as the program has asked for it. */
export interface ContainerInputs {
  readonly name: string;
  readonly image: string;
  readonly hostname: string;
  readonly entrypoints?: readonly string[];
  readonly restart: string;
  readonly networksAdvanced: readonly { readonly name: string; readonly aliases: readonly string[] }[];
  readonly volumes?: readonly { readonly volumeName: string; readonly containerPath: string }[];
  readonly uploads?: readonly { readonly file: string; readonly content: string }[];
  readonly envs?: readonly string[];
  readonly ports?: readonly { readonly internal: number; readonly external: number; readonly ip?: string }[];
  readonly healthcheck: { readonly tests: readonly string[] };
  /** In megabytes. */
  readonly memory: number;
  readonly memorySwap: number;
  readonly stopSignal?: string;
  readonly stopTimeout: number;
  readonly logDriver: string;
  readonly logOpts: Readonly<Record<string, string>>;
  readonly labels: readonly { readonly label: string; readonly value: string }[];
}

/** A container as `docker container inspect` shows it. */
export interface ContainerFacts {
  readonly Id: string;
  readonly Name: string;
  readonly Image: string;
  readonly State: { readonly Status: string; readonly Health?: { readonly Status: string } };
  readonly Config: {
    readonly Hostname: string;
    readonly Entrypoint: readonly string[] | null;
    readonly Env: readonly string[];
    readonly Labels: Readonly<Record<string, string>>;
    readonly Healthcheck?: { readonly Test: readonly string[] };
    readonly StopSignal?: string;
    readonly StopTimeout?: number;
  };
  readonly HostConfig: {
    readonly RestartPolicy: { readonly Name: string };
    readonly Memory: number;
    readonly MemorySwap: number;
    readonly PortBindings: Readonly<
      Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[]>
    > | null;
    readonly LogConfig: { readonly Type: string; readonly Config: Readonly<Record<string, string>> };
  };
  readonly Mounts: readonly { readonly Name?: string; readonly Destination: string }[];
  readonly NetworkSettings: {
    readonly Networks: Readonly<Record<string, { readonly Aliases: readonly string[] | null }>>;
  };
}

/** Runs `docker` on the server's engine. */
export async function docker(settings: Settings, words: readonly string[], input = ""): Promise<string> {
  return (await $({ input })`${dockerCommand(settings.vps, ...words)}`).stdout;
}

/** Compares what runs on the server's engine with what the program has made there. */
export async function inspectContainers(known: Known): Promise<ContainerReport> {
  const { settings } = known;
  const wanted = resourcesOf(known, "container");
  // Somebody else's, who knows how it should be.
  const adopted = settings.ingress.kind === "existing" ? [settings.ingress.container] : [];
  const [inspected, networks, volumes] = await Promise.all([
    inspectEach(settings, [...wanted.map(({ inputs }) => inputs.name), ...adopted]),
    names(settings, "network"),
    names(settings, "volume"),
  ]);
  const gone = missing(known, "volume", volumes);
  const lost = gone.filter(({ isInMemory }) => !isInMemory);
  const emptied = gone.filter(({ isInMemory }) => isInMemory);
  const findings = [
    ...missing(known, "network", networks).map(({ name, mend }) =>
      drift(known, name, "the network is gone", mend),
    ),
    ...emptied.map(({ name, mend }) => drift(known, name, "the volume is gone", mend)),
    ...lost.map(({ name }) => ({
      subject: name,
      problem: "the volume is gone, and what was on it",
      remedy: `\`npm run restore -- ${known.stack.name} BACKUP\`, into an empty server`,
    })),
  ];

  const reports = await Promise.all(
    wanted.map(async ({ name, id, inputs }) => {
      const facts = inspected.find((each) => each.Name === `/${inputs.name}`);
      const found = await inspectContainer(known, { name, id, inputs }, facts);
      // A container that is made anew would get an empty volume in silence.
      const isLost = inputs.volumes?.some(({ volumeName }) => lost.some((each) => each.name === volumeName));
      return isLost === true ? found.map((finding) => ({ ...finding, mends: [] })) : found;
    }),
  );
  const containers = [...wanted.map(({ inputs }) => inputs.name), ...adopted].map((name) => {
    const facts = inspected.find((each) => each.Name === `/${name}`);
    const state = facts?.State.Status ?? "missing";
    const health = state === "running" ? (facts?.State.Health?.Status ?? "none") : "none";
    return { name, state, health };
  });
  const stopped = containers
    .filter(({ name, state }) => adopted.includes(name) && state !== "running")
    .map(({ name, state }) => ({
      subject: name,
      problem: `the container is ${state}`,
      remedy: "whoever has made it is to start it: it is none of this program's",
    }));
  return { containers, findings: [...findings, ...reports.flat(), ...stopped] };
}

interface WantedContainer {
  /** Of the resource. */
  readonly name: string;
  readonly id: string;
  readonly inputs: ContainerInputs;
}

async function inspectContainer(
  known: Known,
  { name, id, inputs }: WantedContainer,
  facts: ContainerFacts | undefined,
): Promise<Finding[]> {
  const subject = inputs.name;
  const make: Mend = { how: "refresh", resource: name };
  if (facts === undefined) {
    return [drift(known, subject, "the container is gone", make)];
  }
  if (facts.Id !== id) {
    const problem = "it is another container than the program has made";
    const remedy = `\`docker rm --force ${subject}\` on the server, then \`npm run deploy -- ${known.stack.name}\``;
    return [{ subject, problem, remedy }];
  }
  const { Status: status, Health } = facts.State;
  const replace: Mend = { how: "replace", resource: name };
  if (status !== "running") {
    return [drift(known, subject, `the container is ${status}`, status === "exited" ? make : replace)];
  }
  const log = `\`docker logs ${subject}\` on the server says why`;
  const health = Health?.Status ?? "none";
  return [
    ...(health === "healthy"
      ? []
      : [{ subject, problem: `the container is ${health}`, remedy: log, passes: true } as const]),
    ...[...containerDifferences(inputs, facts), ...(await changedFiles(known.settings, inputs))].map(
      (problem) => drift(known, subject, problem, replace),
    ),
  ];
}

/** What of a container is not as the program has asked for it, in words. */
export function containerDifferences(inputs: ContainerInputs, facts: ContainerFacts): string[] {
  const { Config, HostConfig, Mounts, NetworkSettings } = facts;
  const found: string[] = [];
  const compare = (what: string, wanted: unknown, is: unknown): void => {
    if (JSON.stringify(wanted) !== JSON.stringify(is)) {
      found.push(`its ${what} is ${JSON.stringify(is)}, and should be ${JSON.stringify(wanted)}`);
    }
  };
  const networks = new Map(Object.entries(NetworkSettings.Networks));
  for (const { name, aliases } of inputs.networksAdvanced) {
    const has = networks.get(name)?.Aliases;
    if (!networks.has(name)) {
      found.push(`it is not on the network ${name}`);
    } else if (!aliases.every((alias) => has?.includes(alias))) {
      found.push(`it has another name on the network ${name}`);
    }
    networks.delete(name);
  }
  found.push(...[...networks.keys()].map((name) => `it is on the network ${name}, and should not be`));
  for (const { volumeName, containerPath } of inputs.volumes ?? []) {
    if (!Mounts.some(({ Name, Destination }) => Name === volumeName && Destination === containerPath)) {
      found.push(`the volume ${volumeName} is not mounted at ${containerPath}`);
    }
  }
  for (const env of inputs.envs ?? []) {
    if (!Config.Env.includes(env)) {
      found.push(`its environment has another ${env.replace(/=.*/s, "")}`);
    }
  }
  compare("image", inputs.image, facts.Image);
  compare("host name", inputs.hostname, Config.Hostname);
  if (inputs.entrypoints !== undefined) {
    compare("entry point", inputs.entrypoints, Config.Entrypoint);
  }
  compare("restart policy", inputs.restart, HostConfig.RestartPolicy.Name);
  compare("memory limit", inputs.memory * 1024 * 1024, HostConfig.Memory);
  compare("memory and swap limit", inputs.memorySwap * 1024 * 1024, HostConfig.MemorySwap);
  // A container that 0.1.0 has made has the signal of its image.
  if (inputs.stopSignal !== undefined) {
    compare("stop signal", inputs.stopSignal, Config.StopSignal);
  }
  compare("time to stop", inputs.stopTimeout, Config.StopTimeout);
  compare("health check", inputs.healthcheck.tests, Config.Healthcheck?.Test);
  compare(
    "log",
    [inputs.logDriver, sorted(inputs.logOpts)],
    [HostConfig.LogConfig.Type, sorted(HostConfig.LogConfig.Config)],
  );
  const ports = Object.entries(HostConfig.PortBindings ?? {}).flatMap(([port, bindings]) =>
    bindings.map(({ HostIp, HostPort }) => `${onAddress(HostIp)}${HostPort}:${port}`),
  );
  compare(
    "list of ports",
    inputs.ports?.map((each) => `${onAddress(each.ip)}${each.external}:${each.internal}/tcp`).sort() ?? [],
    ports.sort(),
  );
  for (const { label, value } of inputs.labels) {
    compare(`label ${label}`, value, Config.Labels[label]);
  }
  return found;
}

/** The address of a port, unless it is on all of them. */
function onAddress(ip = ""): string {
  return ip === "" || ip === "0.0.0.0" ? "" : `${ip}:`;
}

function sorted(values: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(values).sort();
}

/** The files of a running container that are not as they were uploaded. */
async function changedFiles(settings: Settings, { name, uploads = [] }: ContainerInputs): Promise<string[]> {
  if (uploads.length === 0) {
    return [];
  }
  const files = uploads.map(({ file }) => file);
  // A file that is missing is an error of sha256sum's; the others it tells all the same.
  const command = ["exec", name, "sh", "-c", 'sha256sum "$@" 2>/dev/null || true', "sh", ...files];
  const sums = new Map(
    (await docker(settings, command)).split("\n").map((line) => {
      const [sum = "", file = ""] = line.split(/ [ *]/);
      return [file, sum];
    }),
  );
  return uploads
    .filter(({ file, content }) => sums.get(file) !== sha256(content))
    .map(
      ({ file }) =>
        `${file} ${sums.has(file) ? "is another one than the program has written" : "is missing"}`,
    );
}

type Kind = "container" | "network" | "volume";

/** What the program has made of a kind, by the names of its resources. */
function resourcesOf({ resources }: Known, kind: Kind): WantedContainer[] {
  const type = `docker:index/${kind}:${kind.replace(/^./, (letter) => letter.toUpperCase())}`;
  return resources.filter((each) => each.type === type).map(wantedOf);
}

function wantedOf(resource: StateResource): WantedContainer {
  return { name: nameOf(resource), id: resource.id ?? "", inputs: resource.inputs as ContainerInputs };
}

function missing(
  known: Known,
  kind: Kind,
  found: ReadonlySet<string>,
): { readonly name: string; readonly isInMemory: boolean; readonly mend: Mend }[] {
  return resourcesOf(known, kind)
    .filter(({ inputs }) => !found.has(inputs.name))
    .map(({ name, inputs }) => ({
      name: inputs.name,
      isInMemory: "driverOpts" in inputs,
      mend: { how: "refresh", resource: name },
    }));
}

async function names(settings: Settings, kind: Kind): Promise<ReadonlySet<string>> {
  const listing = await docker(settings, [kind, "ls", "--format", "{{.Name}}"]);
  return new Set(listing.split("\n"));
}

/** One that is missing is an error of docker's; the others it shows all the same. */
async function inspectEach(settings: Settings, containers: readonly string[]): Promise<ContainerFacts[]> {
  const inspect = await $({
    nothrow: true,
  })`${dockerCommand(settings.vps, "container", "inspect", ...containers)}`;
  return JSON.parse(inspect.stdout === "" ? "[]" : inspect.stdout) as ContainerFacts[];
}
