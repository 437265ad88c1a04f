import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { backedUp, backupView, renderBackup } from "../../../../../components/server/backup/backup";
import { exampleSettings } from "../../../../support/exampleSettings";
import { containerType, find, recordServer } from "../../../../support/recordServer";
import { runScript, type ScriptResult } from "../../../../support/runScript";
import { temporaryFolder } from "../../../../support/temporaryFolder";

const folder = temporaryFolder();
const noted = join(folder, "noted");

test("what is backed up is what the program's containers have mounted, and where", async () => {
  const resources = await recordServer();
  for (const { container, volume, path } of backedUp(exampleSettings())) {
    const { inputs } = find(resources, containerType, `server-${container}`);
    expect(inputs).toMatchObject({
      name: container,
      volumes: expect.arrayContaining([{ volumeName: volume, containerPath: path }]) as object[],
    });
  }
});

describe("a backup that is whole", () => {
  /** Runs the script with an engine that does `copy` for a volume, and `note` when it gets a file. */
  function backUp(place: string, note: string, copy = "printf x"): ScriptResult {
    const engine = `
docker() {
  case "$*" in
    'run '*) printf '1\\tx\\n' ;;
    'cp '*' -') ${copy} ;;
    'cp '*' telegraf:/var/lib/telegraf/last-backup') ${note} ;;
    *'.State.Running'*) printf 'true\\n' ;;
    *'.State.Health'*) printf 'healthy\\n' ;;
  esac
}`;
    const view = { ...backupView(exampleSettings()), folder: join(folder, place) };
    return runScript(renderBackup(view), [], engine);
  }

  test("is noted for Telegraf", () => {
    const { status, stdout } = backUp("noted-backups", `cp "$2" ${noted}; echo copied`);
    expect(status).toBe(0);
    // The caller reads the name of the backup, and nothing else.
    expect(stdout).toMatch(/^\S+Z\n$/);
    const sums = join(folder, "noted-backups", stdout.trim(), "SHA256SUMS");
    expect(readFileSync(noted, "utf8")).toBe(readFileSync(sums, "utf8"));
  });

  test("is one without Telegraf, too", () => {
    const { status, stdout, stderr } = backUp("other-backups", "echo no such container >&2; return 1");
    expect(status).toBe(0);
    expect(stderr).toContain("The backup is complete, but Telegraf does not report it: no such container\n");
    expect(readdirSync(join(folder, "other-backups"))).toContain(stdout.trim());
  });

  test("stays where the server's clock was ahead when older ones were made", () => {
    const others = Array.from({ length: 7 }, (_, day) => `2099-01-0${day + 1}T000000Z`);
    for (const name of others) {
      mkdirSync(join(folder, "future-backups", name), { recursive: true });
    }
    const { status, stdout } = backUp("future-backups", ":");
    expect(status).toBe(0);
    expect(readdirSync(join(folder, "future-backups")).sort()).toEqual([
      ".lock",
      stdout.trim(),
      ...others.slice(1),
    ]);
  });

  test("is followed by the newest ones that it keeps", () => {
    const names = Array.from({ length: 9 }, (_, day) => `2026-01-0${day + 1}T000000Z`);
    for (const name of names) {
      mkdirSync(join(folder, "many-backups", name), { recursive: true });
    }
    const { stdout } = backUp("many-backups", ":");
    expect(readdirSync(join(folder, "many-backups")).sort()).toEqual([
      ".lock",
      ...names.slice(3),
      stdout.trim(),
    ]);
  });

  test("is none when a copy fails, and not noted", () => {
    const { status } = backUp("failed-backups", `touch ${noted}-failed`, "return 1");
    expect(status).toBe(1);
    expect(existsSync(`${noted}-failed`)).toBe(false);
  });
});
