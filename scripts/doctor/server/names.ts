import { namesStatusFile } from "../../../components/server/ingress/httpsPortal";
import { containers } from "../../../components/server/resourceNames";
import type { Settings } from "../../../components/settings/settings";
import { recordsProblems, type RecordsProblem } from "../../remote/domainNames";
import type { LoadedStack } from "../../stack/stack";
import type { Finding } from "../findings";

/** A name that the portal does not serve, as it has no certificate for it. */
export interface LeftOut {
  readonly name: string;
  /** How often an attempt has failed, and when the next one is due; unset for a name that the portal cannot resolve. */
  readonly failed?: { readonly attempts: number; readonly next: Date };
}

/**
 * @param status the text that the portal's start script has written, empty while it starts: a line for each name,
 *   `NAME unresolved` or `NAME refused ATTEMPTS NEXT`, with the time of the next attempt in seconds since 1970
 */
export function parseLeftOut(status: string): LeftOut[] {
  return status
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [name = "", , attempts, next] = line.split(" ");
      return next === undefined
        ? { name }
        : { name, failed: { attempts: Number(attempts), next: new Date(Number(next) * 1000) } };
    });
}

/** Reads the portal's status file, and returns a finding for each name that the portal leaves out. */
export async function readLeftOutFindings({ settings, server }: LoadedStack): Promise<Finding[]> {
  if (settings.ingress.kind !== "portal") {
    return [];
  }
  const status = await server.exec(containers.httpsPortal, ["cat", namesStatusFile]).catch(() => "");
  return leftOutFindings(settings, status);
}

/**
 * A finding for each name that the portal leaves out, with its records in the DNS, which are looked up.
 *
 * @param status the text of the portal's status file
 */
export async function leftOutFindings({ vps }: Pick<Settings, "vps">, status: string): Promise<Finding[]> {
  const vpsHost = vps === "local" ? undefined : vps.host;
  return Promise.all(
    parseLeftOut(status).map(async (each) =>
      leftOutFinding(each, (await recordsProblems([each.name], vpsHost))[0]),
    ),
  );
}

/** @param records of the name, unless they are right as seen from this machine */
export function leftOutFinding(leftOut: LeftOut, records: RecordsProblem | undefined): Finding {
  const { name, failed } = leftOut;
  const reason =
    failed === undefined
      ? "the server does not find it in the DNS"
      : `no certificate was signed in ${failed.attempts} attempt${failed.attempts === 1 ? "" : "s"}, the next is at ${failed.next.toISOString().slice(0, 16).replace("T", " ")} UTC or later`;
  return {
    subject: name,
    problem: `it is left out, the other names are served: ${reason}`,
    remedy:
      records?.state === "wrong"
        ? `${records.description} Then the portal serves it without a deploy`
        : [records?.description, whereToLook(leftOut)].filter((each) => each !== undefined).join(" "),
  };
}

/** Where the cause shows if the records may be right. */
function whereToLook({ name, failed }: LeftOut): string {
  return failed === undefined
    ? `The server's own resolver may not answer, or may not have a new record yet: on the server, \`docker exec ${containers.httpsPortal} getent ahosts ${name}\` shows what it finds`
    : `\`docker logs ${containers.httpsPortal}\` on the server says why: port 80 may be closed from outside`;
}
