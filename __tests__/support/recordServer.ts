import type { ContainerStop } from "../../components/server/engine/containerStops";
import { MonitoringServer } from "../../components/server/monitoringServer";
import { exampleSettings } from "./exampleSettings";
import { type RecordedResource, recordResources, stack } from "./recordResources";

/**
 * The resources of the server, for the settings of the example with `changes`. Without `vps` in them, it is on this machine's
 * engine.
 *
 * @param outputsBefore the outputs of the stack's last `up`
 */
export function recordServer(changes: object = {}, outputsBefore: object = {}): Promise<RecordedResource[]> {
  const settings = exampleSettings({ vps: "local", ...changes });
  return recordResources(() => new MonitoringServer("server", settings), outputsBefore);
}

export const containerType = "docker:index/container:Container";
export const localCommandType = "command:local:Command";
export const passwordType = "random:index/randomPassword:RandomPassword";
export const networkType = "docker:index/network:Network";
export const volumeType = "docker:index/volume:Volume";

export function find(resources: readonly RecordedResource[], type: string, name: string): RecordedResource {
  const found = resources.find((each) => each.type === type && each.name === name);
  if (found === undefined) {
    throw new Error(`the program has no ${type} ${name}`);
  }
  return found;
}

/** The label of everything that the program makes on the engine. */
export const labels = [{ label: "pi-monitoring.stack", value: stack }];

interface ExpectedContainer {
  readonly name: string;
  readonly networks: readonly string[];
  readonly healthCheck: readonly string[];
  /** In megabytes. */
  readonly memory: number;
  readonly stop: ContainerStop;
}

/** The inputs of a container of the server: its own, and what all of them share. */
export function containerInputs(
  { name, networks, healthCheck, memory, stop }: ExpectedContainer,
  own: object,
): object {
  return {
    name,
    hostname: name,
    image: `sha256:server-${name}-image`,
    networkMode: "bridge",
    networksAdvanced: networks.map((network) => ({ name: network, aliases: [name] })),
    restart: "unless-stopped",
    healthcheck: { tests: healthCheck, interval: "5s", timeout: "5s", retries: 12, startPeriod: "5s" },
    wait: true,
    waitTimeout: 300,
    memory,
    memorySwap: memory,
    stopSignal: stop.signal,
    stopTimeout: stop.seconds,
    destroyGraceSeconds: stop.seconds,
    logDriver: "json-file",
    logOpts: { "max-size": "10m", "max-file": "3" },
    labels,
    envs: [],
    ...own,
  };
}
