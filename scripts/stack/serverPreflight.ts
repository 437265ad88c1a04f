import { containers, ingestContainers, networks, volumes } from "../../components/server/resourceNames";
import { stackLabelName } from "../../components/server/engine/serverContainer";
import { telegrafName } from "../../components/server/telegraf/telegraf";
import { services } from "../../components/settings/serviceNames";
import { isInfluxDbOnServer, type Settings } from "../../components/settings/settings";
import { UserError } from "../../components/userError";
import { loopbackOwner, readPortOwners } from "../remote/portOwners";
import type { Server } from "../remote/server";
import type { LoadedStack } from "./stack";

type OnServer = Pick<LoadedStack, "settings" | "server">;

/**
 * Looks, before anything is changed, for volumes with the names of those that this stack makes: Docker would use them as if
 * they were new. The deploy reports a server that cannot be reached.
 *
 * @throws UserError with what to do about each of them
 */
export async function requireOwnVolumes({ settings, server }: OnServer): Promise<void> {
  const foreign = await foreignNames(settings, server, ["volume", "ls"], "{{.Name}}");
  const conflicts = volumesOf(settings)
    .filter(({ volume }) => foreign.has(volume))
    .map(({ volume, setting }) => {
      const use = setting === undefined ? "" : `to go on with what is in it, set ${setting}; `;
      return `${volume}: ${use}to lose its data, run \`docker volume rm ${volume}\` on the server`;
    });
  if (conflicts.length > 0) {
    const title = "The server has volumes that this stack has not made:";
    throw new UserError([title, ...conflicts, "Nothing was changed."].join("\n"));
  }
}

/** The volumes that a stack makes, each with the setting that names an existing one in its place. */
function volumesOf({ influxdb, existing, ingress }: Settings): { volume: string; setting?: string }[] {
  const ofIngress = {
    portal: volumes.httpsPortal,
    existing: volumes.ingestProxy,
    loopback: volumes.loopbackIngress,
  };
  const makesInfluxDb = influxdb.kind !== "external" && existing.volumes.influxdb === undefined;
  return [
    ...(makesInfluxDb ? [{ volume: volumes.influxdb, setting: "existing.volumes.influxdb" }] : []),
    ...(existing.volumes.grafana === undefined
      ? [{ volume: volumes.grafana, setting: "existing.volumes.grafana" }]
      : []),
    { volume: volumes.telegraf },
    { volume: volumes.ingestSpool },
    { volume: ofIngress[ingress.kind] },
  ];
}

/**
 * Looks, before anything is changed, for networks with the names of those that this stack makes: Docker would refuse a second
 * one in the middle of the deploy. The deploy reports a server that cannot be reached.
 *
 * @throws UserError with what to do about each of them
 */
export async function requireFreeNetworks({ settings, server }: OnServer): Promise<void> {
  const { existing } = settings;
  const foreign = await foreignNames(settings, server, ["network", "ls"], "{{.Name}}");
  const conflicts = services
    .filter((service) => service !== "influxdb" || isInfluxDbOnServer(settings))
    .filter((service) => existing.networks[service] === undefined && foreign.has(networks[service]))
    .map((service) => {
      const name = networks[service];
      return `${name}: to use it, set existing.networks.${service}; if nothing needs it, run \`docker network rm ${name}\` on the server`;
    });
  if (conflicts.length > 0) {
    const title = "The server has networks that this stack has not made:";
    throw new UserError([title, ...conflicts, "Nothing was changed."].join("\n"));
  }
}

/**
 * Looks, before anything is changed, for containers with the names of those that this stack makes: Docker would refuse a
 * second one in the middle of the deploy. The deploy reports a server that cannot be reached.
 *
 * @throws UserError with their names
 */
export async function requireFreeNames({ settings, server }: OnServer): Promise<void> {
  const names = [
    ...(settings.influxdb.kind === "external" ? [] : [containers.influxdb]),
    telegrafName(settings),
    containers.grafana,
    ingestContainers[settings.ingress.kind],
  ];
  const foreign = await foreignNames(settings, server, ["ps", "--all"], "{{.Names}}");
  const taken = names.filter((name) => foreign.has(name));
  if (taken.length > 0) {
    throw new UserError(
      `The server has containers that this stack has not made, with names that it needs: ${taken.join(", ")}. Rename or remove them, or let the stack use them (docs/adoption.md). Nothing was changed.`,
    );
  }
}

/** The names of the containers, networks or volumes that are without the label of this stack; none if Docker does not answer. */
async function foreignNames(
  { stack }: Settings,
  server: Server,
  list: readonly string[],
  name: string,
): Promise<ReadonlySet<string>> {
  const format = ["--format", `${name} {{.Label "${stackLabelName}"}}`];
  const lines = await server.dockerLines([...list, ...format]).catch(() => []);
  const objects = lines.map((line) => line.split(" "));
  return new Set(objects.flatMap(([object = "", label = ""]) => (label === stack ? [] : [object])));
}

/**
 * Looks, before anything is changed, whether another process has the ports of the ingress. The deploy reports a server that
 * does not answer.
 *
 * @throws UserError with the process, the port and the setting of each
 */
export async function requireFreePorts({ settings, server }: OnServer): Promise<void> {
  const { ingress } = settings;
  if (ingress.kind === "existing") {
    return;
  }
  const owners = await readPortOwners(server);
  // A container of this stack gives its ports back when it is replaced.
  const others = (owners ?? []).filter((owner) => owner.stack !== settings.stack);
  const conflicts: string[] = [];
  if (ingress.kind === "loopback") {
    for (const [service, port] of Object.entries(ingress.ports)) {
      const owner = loopbackOwner(others, port);
      if (owner !== undefined) {
        const remedy = "give another port, or stop that process";
        conflicts.push(`ingress.loopback.${service} = ${port}: ${owner.name} has this port; ${remedy}`);
      }
    }
  } else {
    for (const port of [80, 443]) {
      const owner = others.find((each) => each.port === port);
      if (owner !== undefined) {
        const remedy = "stop it, or keep it with ingress.loopback (docs/fronts.md)";
        conflicts.push(`${containers.httpsPortal} needs port ${port}: ${owner.name} has it; ${remedy}`);
      }
    }
  }
  if (conflicts.length > 0) {
    throw new UserError(["Ports of the server are taken:", ...conflicts, "Nothing was changed."].join("\n"));
  }
}
