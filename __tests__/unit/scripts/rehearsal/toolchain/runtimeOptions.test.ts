import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../../../support/projectRoot";
import { temporaryFolder } from "../../../../support/temporaryFolder";

const preload = join(projectRoot, "scripts/rehearsal/toolchain/runtimeOptions.cjs");
const program = "console.log(JSON.stringify([process.env.PULUMI_NODEJS_TYPESCRIPT, globalThis.loaded]))";

const cwd = temporaryFolder();
for (const file of ["a", "b"]) {
  writeFileSync(join(cwd, `${file}.cjs`), `globalThis.loaded = [...(globalThis.loaded ?? []), "${file}"];\n`);
}

/** Starts Node for a program with this Pulumi.yaml, as a language host with that environment does. */
function run(runtime: string, environment: NodeJS.ProcessEnv): unknown {
  writeFileSync(join(cwd, "Pulumi.yaml"), `name: test\nruntime: ${runtime}\n`);
  const env = { ...process.env, ...environment, NODE_OPTIONS: `--require "${preload}"` };
  const { stdout, stderr } = spawnSync(process.execPath, ["--eval", program], { cwd, env, encoding: "utf8" });
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

const runtime =
  '{ name: nodejs, options: { typescript: false, nodeargs: "--require ./b.cjs --require ./a.cjs" } }';

test("a program gets the options of its Pulumi.yaml", () => {
  expect(run(runtime, { PULUMI_NODEJS_TYPESCRIPT: "true" })).toEqual(["false", ["b", "a"]]);
});

test("a program without options is compiled by Pulumi", () => {
  expect(run("nodejs", { PULUMI_NODEJS_TYPESCRIPT: "true" })).toEqual(["true", null]);
});

test("another process of Node gets none", () => {
  expect(run(runtime, { PULUMI_NODEJS_TYPESCRIPT: undefined })).toEqual([null, null]);
});
