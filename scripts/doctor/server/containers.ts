import type { LoadedStack } from "../../stack/stack";
import { nameOf } from "../../stack/state";
import { type Finding, type Repair, repairableFinding } from "../findings";
import {
  containerDifferences,
  type ContainerInputs,
  type DeployedContainer,
  fileDifferences,
} from "./containerDifferences";
import { type ContainerFiles, readContainerFiles } from "./containerFiles";
import { type ContainerFacts, type Engine, readEngine } from "./engine";

export interface ContainerHealth {
  readonly name: string;
  /** As `docker ps` shows it: `running`, `exited`, ...; `missing` if there is none. */
  readonly state: string;
  /** `healthy`, `unhealthy`, `starting`, or `none` for one that is not running or has no health check. */
  readonly health: string;
}

/** Compares the server's engine with what was deployed. */
export async function inspectContainers(loaded: LoadedStack) {
  const { server, settings } = loaded;
  const deployed = deployedContainers(loaded);
  // The program does not know how an existing portal should be.
  const adopted = settings.ingress.kind === "existing" ? [settings.ingress.container] : [];
  const engine = await readEngine(server, [...deployed.map(({ inputs }) => inputs.name), ...adopted]);
  const own = deployed.map(({ inputs }) => healthOf(inputs.name, engine));
  const others = adopted.map((name) => healthOf(name, engine));
  const running = deployed.filter((_, index) => own[index]?.state === "running");
  const files = new Map(
    await Promise.all(
      running.map(async ({ inputs }) => [inputs.name, await readContainerFiles(server, inputs)] as const),
    ),
  );
  return {
    containers: [...own, ...others],
    files,
    findings: [...engineFindings(loaded, deployed, engine, files), ...others.flatMap(adoptedFindings)],
  };
}

function deployedContainers({ resources }: LoadedStack): DeployedContainer[] {
  return resources
    .filter(({ type }) => type === "docker:index/container:Container")
    .map((each) => ({
      resource: nameOf(each),
      id: each.id ?? "",
      inputs: each.inputs as ContainerInputs,
    }));
}

function healthOf(name: string, { containers }: Engine): ContainerHealth {
  const { Status: state = "missing", Health } = containers.get(name)?.State ?? {};
  return { name, state, health: state === "running" ? (Health?.Status ?? "none") : "none" };
}

function engineFindings(
  loaded: LoadedStack,
  deployed: readonly DeployedContainer[],
  engine: Engine,
  files: ReadonlyMap<string, ContainerFiles>,
): Finding[] {
  const networks = missing(loaded, "docker:index/network:Network", engine.networks);
  const volumes = missing(loaded, "docker:index/volume:Volume", engine.volumes);
  const lost = volumes.filter(({ isInMemory }) => !isInMemory).map(({ name }) => name);
  return [
    ...networks.map(({ name, repair }) => repairableFinding(loaded, name, "the network is gone", repair)),
    ...volumes.map(({ name, isInMemory, repair }) => {
      if (isInMemory) {
        return repairableFinding(loaded, name, "the volume is gone", repair);
      }
      const remedy = `\`npm run restore -- ${loaded.stack.name} BACKUP\`, into an empty server`;
      return { subject: name, problem: "the volume is gone, and what was on it", remedy };
    }),
    ...deployed.flatMap((container) => {
      const { name, volumes: mounts = [] } = container.inputs;
      const findings = containerFindings(loaded, container, engine.containers.get(name), files.get(name));
      // A container that is created again would silently get an empty volume.
      const isLost = mounts.some(({ volumeName }) => lost.includes(volumeName));
      const remedy = "restore its volume first";
      return isLost ? findings.map(({ subject, problem }) => ({ subject, problem, remedy })) : findings;
    }),
  ];
}

function missing({ resources }: LoadedStack, type: string, found: ReadonlySet<string>) {
  return resources
    .filter((each) => each.type === type && !found.has(each.inputs?.name ?? ""))
    .map((each) => ({
      name: each.inputs?.name ?? "",
      // A volume that a reboot empties anyway.
      isInMemory: each.inputs !== undefined && "driverOpts" in each.inputs,
      repair: { how: "refresh", resource: nameOf(each) } as const,
    }));
}

function containerFindings(
  loaded: LoadedStack,
  { resource, id, inputs }: DeployedContainer,
  facts: ContainerFacts | undefined,
  files: ContainerFiles | undefined,
): Finding[] {
  const subject = inputs.name;
  const create: Repair = { how: "refresh", resource };
  const replace: Repair = { how: "replace", resource };
  if (facts === undefined) {
    return [repairableFinding(loaded, subject, "the container is gone", create)];
  }
  if (facts.Id !== id) {
    const problem = "it is not the container that was deployed";
    const remedy = `\`docker rm --force ${subject}\` on the server, then \`npm run deploy -- ${loaded.stack.name}\``;
    return [{ subject, problem, remedy }];
  }
  const { Status: status, Health } = facts.State;
  if (status !== "running") {
    const repair = status === "exited" ? create : replace;
    return [repairableFinding(loaded, subject, `the container is ${status}`, repair)];
  }
  const findings = [...containerDifferences(inputs, facts), ...fileDifferences(inputs, files?.sums)].map(
    (problem) => repairableFinding(loaded, subject, problem, replace),
  );
  if (Health?.Status !== "healthy") {
    const problem = `the container is ${Health?.Status ?? "without a health check"}`;
    const remedy = `\`docker logs ${subject}\` on the server says why`;
    findings.unshift({ subject, problem, remedy, mayPassByItself: true });
  }
  return findings;
}

/** The findings of a container that the program uses and does not manage. */
function adoptedFindings({ name, state }: ContainerHealth): Finding[] {
  const remedy = "start it: this program does not manage it";
  return state === "running" ? [] : [{ subject: name, problem: `the container is ${state}`, remedy }];
}
