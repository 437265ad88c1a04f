import { backedUp } from "../../components/server/backup";
import { stackLabelName } from "../../components/server/serverContainer";
import { serverCommand } from "../../components/server/serverEngine";
import { $ } from "../prepare/shell";
import { UserError } from "../terminal/command";
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
