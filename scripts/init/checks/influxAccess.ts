import type { Vps } from "../../../components/settings/settings";
import { Server, ServerError } from "../../remote/server";
import type { CheckResult } from "../questionLoop";
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
  // Options that the curl of an old image has.
  const request = {
    url: `http://localhost:8086/api/v2/buckets?${query}`,
    header: `Authorization: Token ${adminToken}`,
    output: "/dev/null",
    "write-out": "%{http_code}",
    "max-time": 10,
  };
  let status: string;
  try {
    status = await new Server(vps).curl(container, request, { timeout: "20s" });
  } catch (error) {
    if (error instanceof ServerError) {
      return [`InfluxDB in the container ${container} cannot be asked: ${error.stderr.trim()}`];
    }
    throw error;
  }
  switch (status) {
    case "200":
      return [];
    case "401":
      return [`InfluxDB in the container ${container} does not know this token.`];
    case "404":
      return [
        `InfluxDB in the container ${container} has no organization ${org} with a bucket ${bucket} for this token.`,
      ];
    default:
      return [`InfluxDB in the container ${container} answers with status ${status}.`];
  }
}
