import { backedUp } from "../../components/server/backup/backup";
import { stackLabelName } from "../../components/server/engine/serverContainer";
import { serverCommand } from "../../components/server/engine/serverEngine";
import { $ } from "../cli/shell";
import { UserError } from "../cli/command";
import { loopbackOwner, type PortOwner, readPortOwners } from "../remote/serverPorts";
import type { Stack } from "./stack";

/**
 * Looks, before anything is changed, for volumes with our names that another has made: Docker would use them as if it had
 * just made them. A server that cannot be reached is left to the deploy, which reports it.
 *
 * @throws UserError with what to do about each of them
 */
export async function requireOwnVolumes(stack: Stack): Promise<void> {
  const settings = await stack.settings();
  const { existing } = settings;
  const named: readonly (string | undefined)[] = [existing.volumes.influxdb, existing.volumes.grafana];
  const ours = backedUp(settings).filter(({ volume }) => !named.includes(volume));
  const list = ["docker", "volume", "ls", "--format", `{{.Name}} {{.Label "${stackLabelName}"}}`];
  const { exitCode, stdout } = await $({ nothrow: true })`${serverCommand(settings.vps, ...list)}`;
  const stackOf = new Map(
    stdout.split("\n").map((line) => {
      const [volume = "", label = ""] = line.split(" ");
      return [volume, label] as const;
    }),
  );
  const taken = ours.filter(({ volume }) => stackOf.has(volume) && stackOf.get(volume) !== settings.stack);
  if (exitCode === 0 && taken.length > 0) {
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
 * Looks, before anything is changed, whether another process has the ports of the ingress. A server that does not say is
 * left to the deploy, which reports it.
 *
 * @throws UserError with the process, the port and the setting of each
 */
export async function requireFreePorts(stack: Stack): Promise<void> {
  const settings = await stack.settings();
  const { ingress } = settings;
  if (ingress.kind === "existing") {
    return;
  }
  const owners = await readPortOwners(settings.vps);
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
