import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { restore } from "../../../../scripts/backup/restore";
import { Stack } from "../../../../scripts/stack/stack";
import { run } from "../../../support/commands";
import { temporaryFolder } from "../../../support/temporaryFolder";

const folder = temporaryFolder();
const backup = join(folder, "backup");
const calls = join(folder, "calls");
const path = [folder, process.env["PATH"]].join(delimiter);
const stack = new Stack("home", { environment: { PATH: path }, options: [] });

beforeAll(() => {
  mkdirSync(backup);
  writeFileSync(join(backup, "SHA256SUMS"), "");
  // A `pulumi` that notes its calls, and creates the stack but does not know its settings.
  const script = `#!/bin/sh\necho "$*" >>'${calls}'\n[ "$2" = select ]\n`;
  writeFileSync(join(folder, "pulumi"), script, { mode: 0o755 });
});

test("a stack without a settings file is not created", async () => {
  const { exitCode, stderr } = await run("restore", ["no-such-stack", backup], {
    env: { ...process.env, PATH: path },
  });
  expect({ exitCode, stderr }).toEqual({
    exitCode: 1,
    stderr: expect.stringContaining("There is no Pulumi.no-such-stack.yaml") as string,
  });
  expect(existsSync(calls)).toBe(false);
});

test("no stack is created for a folder that is not a backup", async () => {
  await expect(restore(stack, folder, true)).rejects.toThrow(`${folder} is not a backup`);
  expect(existsSync(calls)).toBe(false);
});

test("on a new machine, the stack is created before its settings are read", async () => {
  await expect(restore(stack, backup, true)).rejects.toThrow("pulumi config");
  expect(readFileSync(calls, "utf8")).toBe(
    "stack select --create --stack home\nconfig --json --show-secrets --stack home\n",
  );
});
