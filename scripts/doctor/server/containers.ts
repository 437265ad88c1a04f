import type { LoadedStack } from "../../stack/stack";
import { nameOf } from "../../stack/state";
import { drift, type Finding, type Repair } from "../findings";
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

export interface ContainerReport {
  readonly containers: readonly ContainerHealth[];
  /** Files of those that run, by the name of the container. */
  readonly files: ReadonlyMap<string, ContainerFiles>;
  readonly findings: readonly Finding[];
}

/** Compares the server's engine with what was deployed. */
export async function inspectContainers(loaded: LoadedStack): Promise<ContainerReport> {
  const { ingress } = loaded.settings;
  const deployed = deployedContainers(loaded);
  // The program does not know how an existing portal should be.
  const adopted = ingress.kind === "existing" ? [ingress.container] : [];
  const engine = await readEngine(loaded.server, [...deployed.map(({ inputs }) => inputs.name), ...adopted]);
  const files = await readContainerFiles(loaded, deployed, engine);
  const own = deployed.map(({ inputs }) => healthOf(inputs.name, engine));
  const others = adopted.map((name) => healthOf(name, engine));
  return {
    containers: [...own, ...others],
    files,
    findings: [...engineFindings(loaded, deployed, engine, files), ...others.flatMap(adoptedFindings)],
  };
}

function deployedContainers({ resources }: Pick<LoadedStack, "resources">): DeployedContainer[] {
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
  loaded: Pick<LoadedStack, "stack" | "resources">,
  deployed: readonly DeployedContainer[],
  engine: Engine,
  files: ReadonlyMap<string, ContainerFiles>,
): Finding[] {
  const networks = missing(loaded, "docker:index/network:Network", engine.networks);
  const volumes = missing(loaded, "docker:index/volume:Volume", engine.volumes);
  const lost = volumes.filter(({ isInMemory }) => !isInMemory);
  return [
    ...networks.map(({ name, repair }) => drift(loaded, name, "the network is gone", repair)),
    ...volumes
      .filter(({ isInMemory }) => isInMemory)
      .map(({ name, repair }) => drift(loaded, name, "the volume is gone", repair)),
    ...lost.map(({ name }) => ({
      subject: name,
      problem: "the volume is gone, and what was on it",
      remedy: `\`npm run restore -- ${loaded.stack.name} BACKUP\`, into an empty server`,
    })),
    ...deployed.flatMap((container) => {
      const { name, volumes: mounts = [] } = container.inputs;
      const findings = containerFindings(loaded, container, engine.containers.get(name), files.get(name));
      // A container that is created again would silently get an empty volume.
      const isLost = mounts.some(({ volumeName }) => lost.some((each) => each.name === volumeName));
      const remedy = "restore its volume first";
      return isLost ? findings.map(({ subject, problem }) => ({ subject, problem, remedy })) : findings;
    }),
  ];
}

interface Missing {
  readonly name: string;
  /** Whether it is a volume that a reboot empties anyway. */
  readonly isInMemory: boolean;
  readonly repair: Repair;
}

function missing(
  { resources }: Pick<LoadedStack, "resources">,
  type: string,
  found: ReadonlySet<string>,
): Missing[] {
  return resources
    .filter((each) => each.type === type && !found.has(each.inputs?.name ?? ""))
    .map((each) => ({
      name: each.inputs?.name ?? "",
      isInMemory: each.inputs !== undefined && "driverOpts" in each.inputs,
      repair: { how: "refresh", resource: nameOf(each) },
    }));
}

function containerFindings(
  loaded: Pick<LoadedStack, "stack">,
  { resource, id, inputs }: DeployedContainer,
  facts: ContainerFacts | undefined,
  files: ContainerFiles | undefined,
): Finding[] {
  const subject = inputs.name;
  const create: Repair = { how: "refresh", resource };
  const replace: Repair = { how: "replace", resource };
  if (facts === undefined) {
    return [drift(loaded, subject, "the container is gone", create)];
  }
  if (facts.Id !== id) {
    const problem = "it is not the container that was deployed";
    const remedy = `\`docker rm --force ${subject}\` on the server, then \`npm run deploy -- ${loaded.stack.name}\``;
    return [{ subject, problem, remedy }];
  }
  const { Status: status } = facts.State;
  if (status !== "running") {
    return [drift(loaded, subject, `the container is ${status}`, status === "exited" ? create : replace)];
  }
  const health = facts.State.Health?.Status ?? "none";
  const remedy = `\`docker logs ${subject}\` on the server says why`;
  return [
    ...(health === "healthy"
      ? []
      : [{ subject, problem: `the container is ${health}`, remedy, passes: true } as const]),
    ...[...containerDifferences(inputs, facts), ...fileDifferences(inputs, files?.sums)].map((problem) =>
      drift(loaded, subject, problem, replace),
    ),
  ];
}

/** The findings of a container that the program uses and does not manage. */
function adoptedFindings({ name, state }: ContainerHealth): Finding[] {
  return state === "running"
    ? []
    : [
        {
          subject: name,
          problem: `the container is ${state}`,
          remedy: "start it: this program does not manage it",
        },
      ];
}
