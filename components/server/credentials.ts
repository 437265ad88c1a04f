import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { givenTokens } from "../settings/influxDbKinds";
import type { Credential, Settings } from "../settings/settings";

/** Makes a random password. Another date of rotation makes another password. */
export function createPassword(
  name: string,
  { length, rotated }: { readonly length: number; readonly rotated: string | undefined },
  parent: pulumi.Resource,
): pulumi.Output<string> {
  const keepers = rotated === undefined ? undefined : { rotated };
  return new random.RandomPassword(name, { length, special: false, keepers }, { parent }).result;
}

/** The credentials that can be rotated, by the words that `npm run rotate` takes. */
export const credentialsByWord: Readonly<Record<string, Credential>> = {
  telegraf: "telegraf",
  grafana: "grafana",
  ingest: "ingest",
  "grafana-admin": "grafanaAdmin",
  "influxdb-admin": "influxdbAdmin",
};

/** Why the program does not make a credential, and so cannot rotate it; undefined for one that it makes. */
export function whyNotMade(credential: Credential, influxdb: Settings["influxdb"]): string | undefined {
  const isGiven = (setting: string): string | undefined =>
    givenTokens(influxdb) === undefined
      ? undefined
      : `influxdb.${setting} is given: make another one in InfluxDB, set it, deploy, and revoke the old one there`;
  switch (credential) {
    case "telegraf":
      return isGiven("writeToken");
    case "grafana":
      return isGiven("readToken");
    case "influxdbAdmin":
      return influxdb.kind === "own"
        ? undefined
        : "this InfluxDB was set up outside this program, which does not manage its admin";
    default:
      return undefined;
  }
}

/** When each credential that the program makes was made, by the same words. */
export function credentialDates(
  { rotated, influxdb }: Pick<Settings, "rotated" | "influxdb">,
  setUpAt: string,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(credentialsByWord)
      .filter(([, credential]) => whyNotMade(credential, influxdb) === undefined)
      .map(([word, credential]) => [word, rotated[credential] ?? setUpAt]),
  );
}

type RotationSettings = Pick<Settings, "rotated" | "rotateAfterDays" | "influxdb">;

/** Warns, in a preview as well, of credentials that are older than they should become. Its output waits for the warnings. */
export function warnOfDueRotations(
  settings: RotationSettings,
  setUpAt: pulumi.Output<string>,
): pulumi.Output<void> {
  return setUpAt.apply(async (oldest) => {
    for (const { word, days } of dueRotations(settings, oldest, new Date())) {
      await pulumi.log.warn(
        `The credential ${word} is ${days} days old and should be rotated after ${settings.rotateAfterDays}: \`npm run rotate -- ${word} --stack ${pulumi.getStack()}\``,
      );
    }
  });
}

/** The credentials that are older than they should become, which 0 days switch off, with their ages in days. */
export function dueRotations(
  settings: RotationSettings,
  setUpAt: string,
  now: Date,
): { word: string; days: number }[] {
  const millisecondsPerDay = 24 * 60 * 60 * 1000;
  return Object.entries(credentialDates(settings, setUpAt))
    .map(([word, date]) => ({
      word,
      days: Math.floor((now.getTime() - Date.parse(date)) / millisecondsPerDay),
    }))
    .filter(({ days }) => settings.rotateAfterDays > 0 && days >= settings.rotateAfterDays);
}
