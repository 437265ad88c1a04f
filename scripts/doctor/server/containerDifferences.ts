import { sha256 } from "../../../components/sha256";
import type { ContainerFacts } from "./engine";

/** A container as it was deployed. */
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

/** A container that was deployed. */
export interface DeployedContainer {
  /** The name of its resource. */
  readonly resource: string;
  readonly id: string;
  readonly inputs: ContainerInputs;
}

/** The differences of a container from what was deployed, in words. */
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
  // A container that 0.1.0 has created has the signal of its image.
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

/** The address of a port, unless it listens on all. */
function onAddress(ip = ""): string {
  return ip === "" || ip === "0.0.0.0" ? "" : `${ip}:`;
}

function sorted(values: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(values).sort();
}

/**
 * The uploaded files of a container that differ from what was deployed, in words.
 *
 * @param sums of its files, by path
 */
export function fileDifferences(
  { uploads = [] }: ContainerInputs,
  sums: ReadonlyMap<string, string> | undefined,
): string[] {
  return uploads
    .filter(({ file, content }) => sums?.get(file) !== sha256(content))
    .map(({ file }) => `${file} ${sums?.has(file) ? "differs from what was deployed" : "is missing"}`);
}
