import { spawn } from "node:child_process";
import { once } from "node:events";
import { isRunning } from "../../../../scripts/cli/shell";

test("a process is running until it has ended", async () => {
  const child = spawn("sleep", ["60"]);
  const { pid = 0 } = child;
  expect(isRunning(pid)).toBe(true);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(isRunning(pid)).toBe(false);
});

test("a process of another user is running", () => {
  jest.spyOn(process, "kill").mockImplementation(() => {
    throw Object.assign(new Error("kill EPERM"), { code: "EPERM" });
  });
  expect(isRunning(1)).toBe(true);
});
