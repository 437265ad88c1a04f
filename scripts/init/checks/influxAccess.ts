import { localUrl } from "../../../components/server/resourceNames";
import type { Vps } from "../../../components/settings/settings";
import { Server } from "../../remote/server";
import { type Checked, refuse } from "../checkResult";
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
): Promise<Checked<InfluxAccess>> {
  refuse(settingsMistakes({ influxdb: access }));
  if (container !== undefined) {
    refuse([await accessMistake(access, vps, container)]);
  }
  return { value: access };
}

async function accessMistake(
  { org, bucket, adminToken }: InfluxAccess,
  vps: Vps,
  container: string,
): Promise<string | undefined> {
  const query = new URLSearchParams({ org, name: bucket }).toString();
  // Options that the curl of an old image has.
  const request = {
    url: `${localUrl("influxdb")}/api/v2/buckets?${query}`,
    header: `Authorization: Token ${adminToken}`,
    output: "/dev/null",
    "write-out": "%{http_code}",
    "max-time": 10,
  };
  const subject = `InfluxDB in the container ${container}`;
  const describeFailure = (stderr: string): string => `${subject} cannot be asked: ${stderr}`;
  const status = await new Server(vps).curl(container, request, { timeout: "20s", describeFailure });
  switch (status) {
    case "200":
      return undefined;
    case "401":
      return `${subject} does not know this token.`;
    case "404":
      return `${subject} has no organization ${org} with a bucket ${bucket} for this token.`;
    default:
      return `${subject} answers with status ${status}.`;
  }
}
