import { containers, ingestContainers } from "../../components/server/resourceNames";
import { backedUp } from "../../components/server/backup/backup";
import { stackLabelName } from "../../components/server/engine/serverContainer";
import { telegrafName } from "../../components/server/telegraf/telegraf";
import { UserError } from "../../components/userError";
import { loopbackOwner, readPortOwners } from "../remote/portOwners";
import type { Server } from "../remote/server";
import type { LoadedStack } from "./stack";

type OnServer = Pick<LoadedStack, "settings" | "server">;

/**
 * Looks, before anything is changed, for volumes of the program's names that it did not create: Docker would use them as if
 * they were new. The deploy reports a server that cannot be reached.
 *
 * @throws UserError with what to do about each of them
 */
export async function requireOwnVolumes({ settings, server }: OnServer): Promise<void> {
  const { existing } = settings;
  const named: readonly (string | undefined)[] = [existing.volumes.influxdb, existing.volumes.grafana];
  const ours = backedUp(settings).filter(({ volume }) => !named.includes(volume));
  const stackOf = await stacksByName(server, ["volume", "ls"], "{{.Name}}");
  const conflicts = ours
    .filter(({ volume }) => (stackOf.get(volume) ?? settings.stack) !== settings.stack)
    .map(({ container, volume }) => {
      const remedy = `\`docker volume rm ${volume}\` there loses it`;
      return container === containers.httpsPortal
        ? `${volume}: ${remedy}`
        : `${volume}: to go on with what is in it, set existing.volumes.${container}; else, ${remedy}`;
    });
  if (conflicts.length > 0) {
    const title = "The server has volumes that this stack has not made:";
    throw new UserError([title, ...conflicts, "Nothing was changed."].join("\n"));
  }
}

/**
 * Looks, before anything is changed, for containers with the names of those that this stack makes: Docker would refuse a
 * second one in the middle of the deploy, which reports a server that cannot be reached.
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
  const stackOf = await stacksByName(server, ["ps", "--all"], "{{.Names}}");
  const taken = names.filter((name) => (stackOf.get(name) ?? settings.stack) !== settings.stack);
  if (taken.length > 0) {
    throw new UserError(
      `The server has containers that this stack has not made, with names that it needs: ${taken.join(", ")}. Rename or remove them, or let the stack use them (docs/adoption.md). Nothing was changed.`,
    );
  }
}

/** The stacks that have made containers or volumes, by the names of these; empty for what no stack has made. */
async function stacksByName(
  server: Server,
  list: readonly string[],
  name: string,
): Promise<ReadonlyMap<string, string>> {
  const format = ["--format", `${name} {{.Label "${stackLabelName}"}}`];
  const lines = await server.dockerLines([...list, ...format]).catch(() => []);
  return new Map(
    lines.map((line) => {
      const [object = "", stack = ""] = line.split(" ");
      return [object, stack];
    }),
  );
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
        const remedy = "give another one, or stop it";
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
