import { backedUp } from "../../components/server/backup/backup";
import { stackLabelName } from "../../components/server/engine/serverContainer";
import { UserError } from "../../components/userError";
import { loopbackOwner, type PortOwner, readPortOwners } from "../remote/portOwners";
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
  const list = ["volume", "ls", "--format", `{{.Name}} {{.Label "${stackLabelName}"}}`];
  const volumes = await server.docker(list).catch(() => "");
  const stackOf = new Map(
    volumes.split("\n").map((line) => {
      const [volume = "", label = ""] = line.split(" ");
      return [volume, label] as const;
    }),
  );
  const taken = ours.filter(({ volume }) => stackOf.has(volume) && stackOf.get(volume) !== settings.stack);
  if (taken.length > 0) {
    throw new UserError(
      [
        "The server has volumes that this stack has not made:",
        ...taken.map(
          ({ container, volume }) =>
            `${volume}: ${
              container === "https-portal"
                ? ""
                : `to go on with what is in it, set existing.volumes.${container}; else, `
            }\`docker volume rm ${volume}\` there loses it`,
        ),
        "Nothing was changed.",
      ].join("\n"),
    );
  }
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
  const lines =
    ingress.kind === "loopback"
      ? Object.entries(ingress.ports).flatMap(([service, port]) =>
          refusal(
            loopbackOwner(others, port),
            (name) =>
              `ingress.loopback.${service} = ${port}: ${name} has this port; give another one, or stop it`,
          ),
        )
      : [80, 443].flatMap((port) =>
          refusal(
            others.find((owner) => owner.port === port),
            (name) =>
              `https-portal needs port ${port}: ${name} has it; stop it, or keep it with ingress.loopback (docs/fronts.md)`,
          ),
        );
  if (lines.length > 0) {
    throw new UserError(["Ports of the server are taken:", ...lines, "Nothing was changed."].join("\n"));
  }
}

function refusal(owner: PortOwner | undefined, describe: (name: string) => string): string[] {
  return owner === undefined ? [] : [describe(owner.name)];
}
