import { spawn } from "node:child_process";
import { mkdir, readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "../../../../scripts/cli/cache";
import { temporaryFolder } from "../../../support/temporaryFolder";

const folder = temporaryFolder();
const cache = join(folder, "pi-monitoring");
process.env["XDG_CACHE_HOME"] = folder;

/** An entry that another process has begun. */
async function begun(key: string) {
  const owner = spawn("sleep", ["60"]);
  const unfinished = join(cache, `${key}.${owner.pid ?? 0}-1.unfinished`);
  await mkdir(unfinished, { recursive: true });
  return { owner, unfinished };
}

const fill = jest.fn((unfinished: string) => writeFile(join(unfinished, "file"), "ours"));

beforeEach(() => {
  fill.mockClear();
});

test("an entry is filled once", async () => {
  const entry = await cached("once", fill);
  expect(await cached("once", fill)).toBe(entry);
  expect(await readdir(entry)).toEqual(["file"]);
  expect(fill).toHaveBeenCalledTimes(1);
});

test("what another process fills is waited for", async () => {
  const { owner, unfinished } = await begun("theirs");
  setTimeout(() => {
    void rename(unfinished, join(cache, "theirs"));
  }, 300);
  expect(await readdir(await cached("theirs", fill))).toEqual([]);
  expect(fill).not.toHaveBeenCalled();
  owner.kill();
});

test("what a killed process has begun is removed, and filled", async () => {
  const { owner } = await begun("killed");
  setTimeout(() => {
    owner.kill("SIGKILL");
  }, 300);
  expect(await readdir(await cached("killed", fill))).toEqual(["file"]);
  expect((await readdir(cache)).filter((name) => name.startsWith("killed"))).toEqual(["killed"]);
});
