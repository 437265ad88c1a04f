import { dockerCommand } from "../../../components/server/engine/serverEngine";
import type { Vps } from "../../../components/settings/settings";
import { $ } from "../../cli/shell";
import type { CheckResult } from "../interview";
import { settingsMistakes } from "../settingsFile";

/** Access to an existing InfluxDB. */
export interface InfluxAccess {
  readonly org: string;
  readonly bucket: string;
  readonly adminToken: string;
}

/** @param container of the InfluxDB; unset if none runs, which leaves the access untested */
export async function checkInfluxAccess(
  access: InfluxAccess,
  vps: Vps,
  container: string | undefined,
): Promise<CheckResult<InfluxAccess>> {
  const mistakes = settingsMistakes({ influxdb: access });
  if (mistakes.length === 0 && container !== undefined) {
    mistakes.push(...(await tryAccess(access, vps, container)));
  }
  return mistakes.length > 0 ? { mistakes } : { value: access };
}

async function tryAccess(
  { org, bucket, adminToken }: InfluxAccess,
  vps: Vps,
  container: string,
): Promise<string[]> {
  const query = new URLSearchParams({ org, name: bucket }).toString();
  // curl reads the token from its configuration: it must not show in the process list.
  const input = [
    `url = "http://localhost:8086/api/v2/buckets?${query}"`,
    `header = ${JSON.stringify(`Authorization: Token ${adminToken}`)}`,
  ].join("\n");
  const curl = ["curl", "-sS", "--max-time", "10", "-o", "/dev/null", "-w", "%{http_code}", "-K", "-"];
  const { exitCode, stdout, stderr } = await $({
    nothrow: true,
    timeout: "20s",
    input,
  })`${dockerCommand(vps, "exec", "-i", container, ...curl)}`;
  if (exitCode !== 0) {
    return [`InfluxDB in the container ${container} cannot be asked: ${stderr.trim()}`];
  }
  switch (stdout) {
    case "200":
      return [];
    case "401":
      return [`InfluxDB in the container ${container} does not know this token.`];
    case "404":
      return [
        `InfluxDB in the container ${container} has no organization ${org} with a bucket ${bucket} for this token.`,
      ];
    default:
      return [`InfluxDB in the container ${container} answers with status ${stdout}.`];
  }
}
