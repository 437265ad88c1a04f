import type { Server } from "../../remote/server";

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

/** What the server's engine has. */
export interface Engine {
  readonly networks: ReadonlySet<string>;
  readonly volumes: ReadonlySet<string>;
  /** Those that were asked for and exist, by their names. */
  readonly containers: ReadonlyMap<string, ContainerFacts>;
}

/** All in one command. `docker` fails for a container that is missing, and shows the others all the same. */
const script = `set -e
docker network ls --format '{{.Name}}'
echo --
docker volume ls --format '{{.Name}}'
echo --
docker container inspect "$@" 2>/dev/null || true`;

/** Reads the networks, the volumes, and the containers of these names. */
export async function readEngine(server: Server, names: readonly string[]): Promise<Engine> {
  const output = await server.run(["sh", "-c", script, "sh", ...names]);
  const [networks = "", volumes = "", inspected = ""] = output.split(/^--\n/m);
  const containers = JSON.parse(inspected === "" ? "[]" : inspected) as ContainerFacts[];
  return {
    networks: new Set(networks.split("\n")),
    volumes: new Set(volumes.split("\n")),
    containers: new Map(containers.map((each) => [each.Name.slice(1), each])),
  };
}
