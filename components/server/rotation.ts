import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../settings";

/** The keepers of a random password: another date of rotation makes another password. */
export function rotationKeepers(rotated: string | undefined): Record<string, string> | undefined {
  return rotated === undefined ? undefined : { rotated };
}

/** Reports, in a preview as well, which credentials are older than they should become. */
export function warnOfDueRotations(
  { rotated, rotateAfterDays }: Pick<Settings, "rotated" | "rotateAfterDays">,
  setUpAt: pulumi.Output<string>,
): void {
  setUpAt.apply(async (oldest) => {
    for (const { credential, days } of dueRotations(rotated, rotateAfterDays, oldest, new Date())) {
      await pulumi.log.warn(
        `The credential ${credential} is ${days} days old; it should be rotated after ${rotateAfterDays}: \`npm run rotate\``,
      );
    }
  });
}

/** The credentials that are older than `afterDays`, which 0 switches off, with their ages in days. */
export function dueRotations(
  rotated: Settings["rotated"],
  afterDays: number,
  setUpAt: string,
  now: Date,
): { credential: string; days: number }[] {
  const all = ["telegraf", "grafana", "ingest", "grafanaAdmin", "influxdbAdmin"] as const;
  return all
    .map((credential) => ({
      credential,
      days: Math.floor((now.getTime() - Date.parse(rotated[credential] ?? setUpAt)) / (24 * 3600 * 1000)),
    }))
    .filter(({ days }) => afterDays > 0 && days >= afterDays);
}
