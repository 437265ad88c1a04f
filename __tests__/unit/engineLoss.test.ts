import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

test("a program ends when nobody reads what it says, though it reports every error as Pulumi's SDK does", async () => {
  const program = `
    require("./components/engineLoss").endWithEngine();
    process.on("uncaughtException", (error) => console.error(error));
    setInterval(() => console.log("still here"), 10);
  `;
  const child = spawn(process.execPath, ["--require", "tsx/cjs", "--eval", program], {
    cwd: join(__dirname, "../.."),
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
