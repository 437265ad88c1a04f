import { chmodSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { findInstalled } from "../../../../scripts/tools/workflowLinters";
import { temporaryFolder } from "../../../support/temporaryFolder";

const folder = temporaryFolder();
const path = process.env["PATH"];
const linter = join(folder, "a-linter");

beforeAll(() => {
  process.env["PATH"] = [folder, path].join(delimiter);
});

afterAll(() => {
  process.env["PATH"] = path;
});

test.each([
  ["a-linter 1.32.0", linter],
  ["v1.32.0\ninstalled by building from source", linter],
  ["1.32.0", linter],
  ["1.31.0", undefined],
  ["a-linter 1.32.01", undefined],
])("an installed linter is used if it is of the wanted version: %j", async (output, found) => {
  writeFileSync(linter, `#!/bin/sh\ncat <<'END'\n${output}\nEND\n`);
  chmodSync(linter, 0o755);
  expect(await findInstalled("a-linter", "1.32.0")).toBe(found);
});

test("a linter that is not installed is not found", async () => {
  expect(await findInstalled("no-such-linter", "1.32.0")).toBeUndefined();
});
