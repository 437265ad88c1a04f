import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  BackupTimer,
  renderBackupTimer,
  renderUnits,
} from "../../../../../components/server/backup/backupTimer";
import { backupView, renderBackup } from "../../../../../components/server/backup/backup";
import type { Vps } from "../../../../../components/settings/settings";
import { exampleSettings, hostKey, smallest } from "../../../../support/exampleSettings";
import { recordResources } from "../../../../support/recordResources";
import { runScript } from "../../../../support/runScript";
import { temporaryFolder } from "../../../../support/temporaryFolder";

const root = temporaryFolder();
const folder = join(root, "backups");
const backup = { ...backupView(exampleSettings()), folder };

function vps(user: string): Vps {
  return exampleSettings({ vps: { ...smallest.vps, user } }).vps as Vps;
}

test.each([
  ["root", ""],
  ["admin", "sudo -n "],
])("is installed on the VPS by %s, and taken away again", async (user, sudo) => {
  const view = { ...backup, at: "03:15", user };
  const resources = await recordResources(() => new BackupTimer("timer", { vps: vps(user), view }));
  expect(resources.map(({ type, name, parent }) => [type, name, parent])).toEqual([
    ["pi-monitoring:index:BackupTimer", "timer", undefined],
    ["command:remote:Command", "server-backup-script", "pi-monitoring:index:BackupTimer timer"],
  ]);
  expect(resources[0]?.inputs).toEqual({});
  expect(resources[1]?.inputs).toEqual({
    connection: {
      secret: { host: "vps.example.com", port: 22, user, hostKey, dialErrorLimit: 1, perDialTimeout: 10 },
    },
    create: `${sudo}timeout 900 sh -s -- apply`,
    delete: `${sudo}timeout 900 sh -s -- remove`,
    stdin: renderBackupTimer(view),
    addPreviousOutputInEnv: false,
  });
});

describe("the script", () => {
  const view = { ...backup, keep: 3, at: "03:15", user: "root" };
  // What it writes to the system goes into a folder.
  const script = renderBackupTimer(view)
    .replaceAll("'/usr/local/sbin/", `'${root}/`)
    .replaceAll("'/etc/systemd/system/", `'${root}/`);
  const stubs = `systemctl() { echo "systemctl $*"; }
runuser() { echo "$*"; [ "$5" != exec ]; }`;
  const unit = (kind: string): string => join(root, `pi-monitoring-backup.${kind}`);
  const program = join(root, "pi-monitoring-backup");

  test("installs the backup of `npm run backup` and a timer for it, as often as it runs", () => {
    for (let time = 0; time < 2; time++) {
      expect(runScript(script, ["apply"], stubs)).toEqual(
        expect.objectContaining({
          status: 0,
          stdout: [
            "systemctl daemon-reload",
            "systemctl enable --quiet pi-monitoring-backup.timer",
            "systemctl restart pi-monitoring-backup.timer",
            "-u root -- docker exec telegraf test -e /var/lib/telegraf/last-backup",
            `-u root -- docker cp ${program} telegraf:/var/lib/telegraf/last-backup`,
            "",
          ].join("\n"),
          stderr: "",
        }),
      );
    }
    expect(readFileSync(program, "utf8")).toBe(renderBackup(view));
    expect(statSync(program).mode & 0o777).toBe(0o755);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const { service, timer } = renderUnits(view);
    expect(readFileSync(unit("service"), "utf8")).toBe(service);
    expect(readFileSync(unit("timer"), "utf8")).toBe(timer);
  });

  test("does not count from now where there was a backup before", () => {
    const { stdout } = runScript(script, ["apply"], `systemctl() { :; }\nrunuser() { echo "$5"; }`);
    expect(stdout).toBe("exec\n");
  });

  test("removes all but the backups, as often as it runs", () => {
    for (let time = 0; time < 2; time++) {
      expect(runScript(script, ["remove"], stubs)).toMatchObject({ status: 0, stderr: "" });
    }
    for (const file of [program, unit("service"), unit("timer")]) {
      expect(statSync(file, { throwIfNoEntry: false })).toBeUndefined();
    }
    expect(statSync(folder).isDirectory()).toBe(true);
  });
});

test("runs at the time of day, in UTC, as the user who runs Docker", () => {
  const { service, timer } = renderUnits({ ...backup, at: "03:15", user: "admin" });
  expect(timer).toContain("OnCalendar=*-*-* 03:15:00 UTC\n");
  expect(service).toContain("User=admin\n");
});
