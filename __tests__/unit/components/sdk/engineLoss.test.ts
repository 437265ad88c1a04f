import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { projectRoot } from "../../../support/projectRoot";

test("a program ends when its output is closed, though it reports every error as Pulumi's SDK does", async () => {
  const program = `
    require("./components/sdk/engineLoss").endWithEngine();
    process.on("uncaughtException", (error) => console.error(error));
    setInterval(() => console.log("still here"), 10);
  `;
  const child = spawn(process.execPath, ["--require", "tsx/cjs", "--eval", program], {
    cwd: projectRoot,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const patience = setTimeout(() => child.kill("SIGKILL"), 20_000);
  await once(child.stdout, "data");
  child.stdout.destroy();
  child.stderr.destroy();
  const [exitCode] = (await once(child, "exit")) as [number | null];
  clearTimeout(patience);
  expect(exitCode).toBe(1);
});

// What the SDK does when a call to the engine fails as unavailable, before the program ends by itself.
const lost = 'require("@pulumi/pulumi/runtime/settings").terminateRpcs();';

test.each([
  ["fails when it has lost the engine before its end", lost, 32, /lost its connection to Pulumi's engine/],
  ["succeeds when it has not", "", 0, /^$/],
  ["keeps another exit code", `${lost} process.exit(5);`, 5, /^$/],
])("a program %s", (_, ending, exitCode, said) => {
  const program = `require("./components/sdk/engineLoss").endWithEngine(); ${ending}`;
  const { status, stderr } = spawnSync(process.execPath, ["--require", "tsx/cjs", "--eval", program], {
    cwd: projectRoot,
    encoding: "utf8",
  });
  expect(status).toBe(exitCode);
  expect(stderr).toMatch(said);
});
