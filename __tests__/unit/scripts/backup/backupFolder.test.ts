import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import {
  addChecksum,
  outdated,
  removeOutdated,
  timeOf,
  verifyBackup,
} from "../../../../scripts/backup/backupFolder";
import { UserError } from "../../../../components/userError";
import { exampleSettings } from "../../../support/exampleSettings";
import { temporaryFolder } from "../../../support/temporaryFolder";

const root = temporaryFolder();
const settings = exampleSettings();

describe("retention", () => {
  const [oldest, middle, newest] = ["2025-12-31T235959Z", "2026-11-22T031500Z", "2026-11-23T031500Z"];

  test.each([
    [1, [middle, oldest]],
    [2, [oldest]],
    [3, []],
    [7, []],
  ])("of three backups, keeping %d removes %j", (keep, expected) => {
    expect(outdated([middle, newest, oldest], keep, newest)).toEqual(expected);
  });

  test("unfinished ones go, and do not count; what is no backup stays", () => {
    const others = ["notes.txt", ".lock", "2026-11-23", `${newest}.old`, `my-${newest}`];
    const unfinished = "2026-11-24T031500Z.unfinished";
    expect(outdated([oldest, unfinished, newest, ...others], 2, newest)).toEqual([unfinished]);
  });

  test.each([
    [1, [middle, oldest, newest]],
    [2, [oldest, newest]],
    [3, [newest]],
  ])("with one of a clock that was ahead, keeping %d removes %j", (keep, expected) => {
    const made = "2026-11-22T120000Z";
    expect(outdated([made, middle, newest, oldest], keep, made)).toEqual(expected);
  });

  test("the newest always stay, whatever the order", () => {
    const dates = fc.date({ min: new Date("2000-01-01"), max: new Date("2099-12-31"), noInvalidDate: true });
    const names = fc.uniqueArray(
      dates.map((date) =>
        date
          .toISOString()
          .replace(/:|\..*Z/g, "")
          .concat("Z"),
      ),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 9 }), (all, keep) => {
        const gone = outdated(all, keep, all.toSorted().at(-1) ?? "");
        const kept = all.filter((name) => !gone.includes(name)).sort();
        expect(kept).toEqual(all.sort().slice(-keep));
      }),
    );
  });

  test("removes what is outdated with all that is in it", async () => {
    const folder = join(root, "retention");
    for (const name of [oldest, newest, "2026-11-24T031500Z.unfinished"]) {
      mkdirSync(join(folder, name), { recursive: true });
      writeFileSync(join(folder, name, "images"), "");
    }
    await removeOutdated(folder, 1, newest);
    expect(readdirSync(folder)).toEqual([newest]);
  });
});

describe("verification", () => {
  const folder = join(root, "backup");
  const files = ["influxdb.tar.gz", "grafana.tar.gz", "https-portal.tar.gz", "images"];

  beforeEach(async () => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    for (const file of files) {
      writeFileSync(join(folder, file), `the content of ${file}`);
      await addChecksum(folder, file);
    }
  });

  test("a whole backup is one, with the stack's state and without", async () => {
    expect((await verifyBackup(folder, settings)).sort()).toEqual([...files].sort());
    writeFileSync(join(folder, "state.json"), "{}");
    await addChecksum(folder, "state.json");
    expect(await verifyBackup(folder, settings)).toContain("state.json");
  });

  test("the checksums have the format of sha256sum", () => {
    expect(readFileSync(join(folder, "SHA256SUMS"), "utf8").split("\n")[3]).toBe(
      "1631dbed7d4382812b14c52b2154bd8ad0d39cd63fb8cc71d3b9dafe90606f52  images",
    );
  });

  test.each(files)("one flipped bit in %s is found, and the file named", async (file) => {
    const content = readFileSync(join(folder, file));
    content.writeUInt8(content.readUInt8(7) ^ 1, 7);
    writeFileSync(join(folder, file), content);
    await expect(verifyBackup(folder, settings)).rejects.toThrow(
      new UserError(`${folder} cannot be used:\n  ${file} is not what was backed up: its checksum differs`),
    );
  });

  test("all problems are reported together", async () => {
    rmSync(join(folder, "images"));
    copyFileSync(join(folder, "grafana.tar.gz"), join(folder, "influxdb.tar.gz"));
    writeFileSync(join(folder, "state.json"), "{}");
    await expect(verifyBackup(folder, settings)).rejects.toThrow(
      new UserError(
        [
          `${folder} cannot be used:`,
          "  influxdb.tar.gz is not what was backed up: its checksum differs",
          "  images is missing",
          "  state.json is not in SHA256SUMS",
        ].join("\n"),
      ),
    );
  });

  test("an archive that is missing is missed, though no checksum speaks of it", async () => {
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    writeFileSync(join(folder, "images"), "");
    await addChecksum(folder, "images");
    await expect(verifyBackup(folder, settings)).rejects.toThrow(/influxdb.tar.gz is missing/);
  });

  test.each(["abc  images\n", `${"0".repeat(64)}  ../images\n`])("the line %j is refused", async (line) => {
    writeFileSync(join(folder, "SHA256SUMS"), line);
    await expect(verifyBackup(folder, settings)).rejects.toThrow("SHA256SUMS has the line");
  });

  test("a folder that is no backup is called that", async () => {
    await expect(verifyBackup(root, settings)).rejects.toThrow(
      new UserError(`${root} is not a backup: it has no SHA256SUMS.`),
    );
  });
});

test("the time of a backup is in the name of its folder, and a name without one is refused", () => {
  expect(timeOf("/backups/home/2026-11-23T031500Z")).toBe(Date.parse("2026-11-23T03:15:00Z"));
  expect(timeOf("2026-11-23T031500Z.copy")).toBe(Date.parse("2026-11-23T03:15:00Z"));
  // V8 reads this as the year 2030.
  expect(() => timeOf("/backups/backup-2030")).toThrow("/backups/backup-2030 does not have the name");
});
