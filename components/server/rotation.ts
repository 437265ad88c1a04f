import * as pulumi from "@pulumi/pulumi";
import type { Credential, Settings } from "../settings";

/** The keepers of a random password: another date of rotation makes another password. */
export function rotationKeepers(rotated: string | undefined): Record<string, string> | undefined {
  return rotated === undefined ? undefined : { rotated };
}

/** The credentials that can be rotated, by the words that `npm run rotate` takes. */
export const credentialsByWord: Readonly<Record<string, Credential>> = {
  telegraf: "telegraf",
  grafana: "grafana",
  ingest: "ingest",
  "grafana-admin": "grafanaAdmin",
  "influxdb-admin": "influxdbAdmin",
};

/** When each credential was made, by the same words. */
export function credentialDates(rotated: Settings["rotated"], setUpAt: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(credentialsByWord).map(([word, credential]) => [word, rotated[credential] ?? setUpAt]),
  );
}

/** Reports, in a preview as well, which credentials are older than they should become. */
export function warnOfDueRotations(
  { rotated, rotateAfterDays }: Pick<Settings, "rotated" | "rotateAfterDays">,
  setUpAt: pulumi.Output<string>,
): void {
  setUpAt.apply(async (oldest) => {
    for (const { word, days } of dueRotations(rotated, rotateAfterDays, oldest, new Date())) {
      await pulumi.log.warn(
        `A credential is ${days} days old and should be rotated after ${rotateAfterDays}: \`npm run rotate -- ${word} --stack ${pulumi.getStack()}\``,
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
): { word: string; days: number }[] {
  return Object.entries(credentialDates(rotated, setUpAt))
    .map(([word, date]) => ({
      word,
      days: Math.floor((now.getTime() - Date.parse(date)) / (24 * 3600 * 1000)),
    }))
    .filter(({ days }) => afterDays > 0 && days >= afterDays);
}
