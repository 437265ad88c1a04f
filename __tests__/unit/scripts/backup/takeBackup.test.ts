import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { takeBackup } from "../../../../scripts/backup/takeBackup";
import { loadedStack } from "../../../support/loadedStack";
import { temporaryFolder } from "../../../support/temporaryFolder";

const root = temporaryFolder();
const loaded = loadedStack();
const run = jest.spyOn(loaded.server, "run").mockRejectedValue(new Error("the server is asked"));

beforeEach(() => {
  jest.spyOn(loaded.stack, "exportState").mockResolvedValue("{}");
  run.mockClear();
});

test("nothing stops for a backup whose folder cannot be written to", async () => {
  writeFileSync(join(root, "file"), "");
  const folder = join(root, "file", "home");
  await expect(takeBackup(loaded, { folder })).rejects.toThrow(
    `No backup can be written to ${folder}. Nothing was stopped. (Error: ENOTDIR: not a directory`,
  );
  expect(run).not.toHaveBeenCalled();
});

test("a folder is made, and what is in it stays when the server makes no backup", async () => {
  const folder = join(root, "backups", "home");
  mkdirSync(join(folder, "2026-11-23T031500Z"), { recursive: true });
  await expect(takeBackup(loaded, { folder, keep: 1 })).rejects.toThrow("the server is asked");
  expect(readdirSync(folder)).toEqual(["2026-11-23T031500Z"]);
});
