import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { backupFindings, readBackupFindings } from "../../../../../scripts/doctor/server/vps";
import { exampleSettings } from "../../../../support/exampleSettings";
import { loadedStack } from "../../../../support/loadedStack";
import { temporaryFolder } from "../../../../support/temporaryFolder";

const hour = 3600 * 1000;
const hoursAgo = (hours: number): string => new Date(Date.now() - hours * hour).toISOString();
/** The name of a backup that was made so long ago. */
const backupOf = (hours: number): string => `${hoursAgo(hours).slice(0, 19).replaceAll(/:/g, "")}Z`;
const remedy = "`systemctl status pi-monitoring-backup` on the server says why";

test("the newest complete backup may be as old as the settings say", () => {
  expect(backupFindings([backupOf(100), backupOf(40), "notes"], 48)).toEqual([]);
  expect(backupFindings([backupOf(50), backupOf(100), `${backupOf(1)}.unfinished`], 48)).toEqual([
    { subject: "backup", problem: "the newest is 50 hours old", remedy },
  ]);
});

test("a first backup has that time since the timer was set up, or got another folder", () => {
  const none = [{ subject: "backup", problem: "there is none", remedy }];
  expect(backupFindings([], 48, { created: hoursAgo(100), modified: hoursAgo(40) })).toEqual([]);
  expect(backupFindings([], 48, { created: hoursAgo(40) })).toEqual([]);
  expect(backupFindings([], 48, { created: hoursAgo(100), modified: hoursAgo(50) })).toEqual(none);
  expect(backupFindings([], 48)).toEqual(none);
});

describe("the folder on the server", () => {
  const parent = temporaryFolder();
  const findings = (folder: string): ReturnType<typeof readBackupFindings> =>
    readBackupFindings(
      loadedStack({ settings: exampleSettings({ vps: "local", backup: { folder: join(parent, folder) } }) }),
    );

  test("is read, and may be missing before the first backup", async () => {
    expect(await findings("none")).toMatchObject([{ problem: "there is none" }]);
    mkdirSync(join(parent, "some", backupOf(1)), { recursive: true });
    expect(await findings("some")).toEqual([]);
  });

  test("is a finding where it cannot be read", async () => {
    writeFileSync(join(parent, "ls"), "#!/bin/sh\necho 'ls: Permission denied' >&2\nexit 2\n", {
      mode: 0o755,
    });
    const path = process.env["PATH"];
    process.env["PATH"] = `${parent}:${path ?? ""}`;
    try {
      expect(await findings("some")).toEqual([
        {
          subject: "backup",
          problem: `the folder ${join(parent, "some")} cannot be read: ls: Permission denied`,
          remedy: `\`ls ${join(parent, "some")}\` on the server, as the user of the VPS, must show the backups`,
        },
      ]);
    } finally {
      process.env["PATH"] = path;
    }
  });
});
