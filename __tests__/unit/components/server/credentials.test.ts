import * as pulumi from "@pulumi/pulumi";
import {
  credentialsByWord,
  dueRotations,
  warnOfDueRotations,
} from "../../../../components/server/credentials";
import type { Credential, Settings } from "../../../../components/settings/settings";
import { exampleSettings } from "../../../support/exampleSettings";
import { recordResources } from "../../../support/recordResources";

const now = "2026-11-23T16:20:00Z";
const all: readonly Credential[] = ["telegraf", "grafana", "ingest", "grafanaAdmin", "influxdbAdmin"];

/** The credentials that are due, each with its age in days. */
function due(
  rotated: Settings["rotated"],
  afterDays: number,
  setUpAt: string,
): [Credential | undefined, number][] {
  const settings = { ...exampleSettings(), rotated, rotateAfterDays: afterDays };
  return dueRotations(settings, setUpAt, new Date(now)).map(({ word, days }) => [
    credentialsByWord[word],
    days,
  ]);
}

describe("a credential that was never rotated is as old as the set-up", () => {
  test.each([
    { setUpAt: now, afterDays: 1, days: "not due" },
    { setUpAt: "2026-11-22T16:20:01Z", afterDays: 1, days: "not due" },
    { setUpAt: "2026-11-22T16:20:00Z", afterDays: 1, days: 1 },
    { setUpAt: "2025-11-23T16:20:01Z", afterDays: 365, days: "not due" },
    { setUpAt: "2025-11-23T16:20:00Z", afterDays: 365, days: 365 },
    { setUpAt: "2020-11-23T16:20:00Z", afterDays: 365, days: 2191 },
    { setUpAt: "2020-11-23T16:20:00Z", afterDays: 2192, days: "not due" },
    { setUpAt: "2020-11-23T16:20:00Z", afterDays: 0, days: "not due" },
    { setUpAt: now, afterDays: 0, days: "not due" },
    // A clock that was wrong.
    { setUpAt: "2027-11-23T16:20:00Z", afterDays: 1, days: "not due" },
  ])("set up at $setUpAt, due after $afterDays days: $days", ({ setUpAt, afterDays, days }) => {
    expect(due({}, afterDays, setUpAt)).toEqual(
      days === "not due" ? [] : all.map((credential) => [credential, days]),
    );
  });
});

test.each(all)("%s has a date of its own", (credential) => {
  const others = all.filter((each) => each !== credential);
  const setUpAt = "2026-01-01T00:00:00Z";
  expect(due({ [credential]: "2026-11-13T16:20:00Z" }, 10, setUpAt)).toContainEqual([credential, 10]);
  expect(due({ [credential]: "2026-11-13T16:20:01Z" }, 10, setUpAt)).toEqual(
    others.map((each) => [each, 326]),
  );
});

describe("the warnings", () => {
  const warningsFor = async (rotateAfterDays: number): Promise<unknown[]> => {
    const warn = jest.spyOn(pulumi.log, "warn").mockResolvedValue();
    try {
      const daysAgo = (days: number): string => new Date(Date.now() - days * 24 * 3600 * 1000).toISOString();
      const rotated = { ingest: daysAgo(3), grafana: daysAgo(40) };
      const settings = { ...exampleSettings(), rotated, rotateAfterDays };
      await recordResources(
        () =>
          new Promise<void>((resolve) => {
            warnOfDueRotations(settings, pulumi.output(daysAgo(10))).apply(resolve);
          }),
      );
      return warn.mock.calls;
    } finally {
      warn.mockRestore();
    }
  };

  test("name each credential that is due, its age, and what to do", async () => {
    const warning = (word: string, days: number): [string] => [
      `The credential ${word} is ${days} days old and should be rotated after 10: \`npm run rotate -- ${word} --stack test\``,
    ];
    expect(await warningsFor(10)).toEqual([
      warning("telegraf", 10),
      warning("grafana", 40),
      warning("grafana-admin", 10),
      warning("influxdb-admin", 10),
    ]);
  });

  test.each([0, 41])("are none where credentials are due after %d days", async (days) => {
    expect(await warningsFor(days)).toEqual([]);
  });
});
