import { namesStatusFile } from "../../../components/server/ingress/httpsPortal";
import { containers } from "../../../components/server/resourceNames";
import type { Settings } from "../../../components/settings/settings";
import { wrongRecords, type WrongRecords } from "../../remote/domainNames";
import type { LoadedStack } from "../../stack/stack";
import type { Finding } from "../findings";

/** A name that the portal does not serve, as it has no certificate for it. */
export interface LeftOut {
  readonly name: string;
  /** How often an attempt has failed, and when the next one is due; unset for a name that the portal cannot resolve. */
  readonly refused?: { readonly attempts: number; readonly next: Date };
}

/** @param status the text that the portal's start script has written; empty while it starts */
export function parseLeftOut(status: string): LeftOut[] {
  return status
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [name = "", , attempts, next] = line.split(" ");
      return next === undefined
        ? { name }
        : { name, refused: { attempts: Number(attempts), next: new Date(Number(next) * 1000) } };
    });
}

/** The names that a running portal leaves out. */
export async function namesWithoutCertificate({ settings, server }: LoadedStack): Promise<Finding[]> {
  if (settings.ingress.kind !== "portal") {
    return [];
  }
  const status = await server.exec(containers.httpsPortal, ["cat", namesStatusFile]).catch(() => "");
  return inspectNames(settings, status);
}

/**
 * Looks up the records in the DNS of the names that the portal leaves out.
 *
 * @param status the text of the portal's status file
 */
export async function inspectNames({ vps }: Pick<Settings, "vps">, status: string): Promise<Finding[]> {
  const leftOut = parseLeftOut(status);
  const vpsHost = vps === "local" ? "localhost" : vps.host;
  return Promise.all(
    leftOut.map(async (each) => nameFinding(each, (await wrongRecords([each.name], vpsHost))[0])),
  );
}

/** @param records of the name, if they are wrong */
export function nameFinding({ name, refused }: LeftOut, records: WrongRecords | undefined): Finding {
  const reason =
    refused === undefined
      ? "the server does not find it in the DNS"
      : `no certificate was signed in ${refused.attempts} attempt${refused.attempts === 1 ? "" : "s"}, the next is at ${refused.next.toISOString().slice(0, 16).replace("T", " ")} UTC or later`;
  const cause =
    records?.description ??
    "`docker logs https-portal` on the server says why: port 80 may be closed from outside.";
  return {
    subject: name,
    problem: `it is left out, the other names are served: ${reason}`,
    remedy: `${cause} Then it is taken in by itself`,
  };
}
