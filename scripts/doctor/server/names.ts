import { namesStatusFile } from "../../../components/server/ingress/httpsPortal";
import type { Settings } from "../../../components/settings/settings";
import { wrongRecords, type Records } from "../../remote/domainNames";
import { docker } from "./containers";
import type { Finding } from "../findings";

/** A name that the portal does not answer for, as it has no certificate for it. */
export interface LeftOut {
  readonly name: string;
  /** How often an attempt has failed, and when the next one is due; unset for a name that the portal cannot resolve. */
  readonly refused?: { readonly attempts: number; readonly next: Date };
}

/** The names that the portal leaves out at present; none while it does not say, as when it starts. */
export async function readLeftOut(settings: Settings): Promise<LeftOut[]> {
  const command = ["exec", "https-portal", "cat", namesStatusFile];
  return parseLeftOut(await docker(settings, command).catch(() => ""));
}

/** Reads what the portal's start script has written. */
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

/** The names that the portal leaves out, with what their records in the DNS are like. */
export async function inspectNames(settings: Settings): Promise<Finding[]> {
  const leftOut = await readLeftOut(settings);
  if (leftOut.length === 0) {
    return [];
  }
  const vpsHost = settings.vps === "local" ? "localhost" : settings.vps.host;
  return nameFindings(
    leftOut,
    await Promise.all(leftOut.map(async ({ name }) => (await wrongRecords([name], vpsHost))[0])),
  );
}

/** @param records of each name, if they are not right */
export function nameFindings(
  leftOut: readonly LeftOut[],
  records: readonly (Records | undefined)[],
): Finding[] {
  return leftOut.map(({ name, refused }, index) => {
    const found = records[index];
    const reason =
      refused === undefined
        ? "the server does not find it in the DNS"
        : `no certificate was signed in ${refused.attempts} attempt${refused.attempts === 1 ? "" : "s"}, the next is at ${refused.next.toISOString().slice(0, 16).replace("T", " ")} UTC or later`;
    return {
      subject: name,
      problem: `it is left out, the other names are served: ${reason}`,
      remedy: `${found?.description ?? "`docker logs https-portal` on the server says why: port 80 may be closed from outside."} Then it is taken in by itself`,
    };
  });
}
