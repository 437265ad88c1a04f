import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { delimiter, join } from "node:path";
import { clearInterruption } from "../../../../scripts/stack/interruption";
import { Stack } from "../../../../scripts/stack/stack";
import { configuration, smallest } from "../../../support/exampleSettings";
import { temporaryFolder } from "../../../support/temporaryFolder";

const folder = temporaryFolder();
const calls = join(folder, "calls");
const path = process.env["PATH"] ?? "";
/** Larger than any process id. */
const ended = 2 ** 30;

afterEach(() => {
  process.env["PATH"] = path;
});

beforeEach(() => {
  process.env["PATH"] = [folder, path].join(delimiter);
  rmSync(join(folder, ".pulumi"), { recursive: true, force: true });
  writeFileSync(calls, "");
  writeFileSync(join(folder, "state.json"), JSON.stringify({ deployment: {} }));
  // A `pulumi` that notes its calls, with a state in this folder.
  const script = `#!/bin/sh
echo "$1" >>'${calls}'
case $1 in
whoami) echo '{"url": "file://${folder}"}' ;;
stack) cat '${folder}/state.json' ;;
config) cat '${folder}/config.json' ;;
esac
`;
  writeFileSync(join(folder, "pulumi"), script, { mode: 0o755 });
});

/** Makes the lock of a process on a stack, as Pulumi does in a folder. */
function lock(project: string, stack: string, pid: number): void {
  const locks = join(folder, ".pulumi/locks/organization", project, stack);
  mkdirSync(locks, { recursive: true });
  writeFileSync(join(locks, "5c5d.json"), JSON.stringify({ pid, hostname: hostname() }));
}

function clear(name: string): Promise<void> {
  return clearInterruption(new Stack(name, { environment: {}, options: [] }));
}

describe.each(["home", "organization/pi-monitoring/home"])("of the stack %s", (name) => {
  test("the lock of an ended process is removed", async () => {
    lock("pi-monitoring", "home", ended);
    await clear(name);
    expect(readFileSync(calls, "utf8")).toContain("cancel\n");
  });

  test("the lock of a running process stays", async () => {
    lock("pi-monitoring", "home", process.pid);
    await expect(clear(name)).rejects.toThrow(`Another pulumi (process ${process.pid} on ${hostname()})`);
    expect(readFileSync(calls, "utf8")).not.toContain("cancel\n");
  });

  test.each([
    ["website", "home"],
    ["pi-monitoring", "garden"],
  ])("a lock of the project %s on the stack %s is another one's", async (project, other) => {
    lock(project, other, process.pid);
    await clear(name);
    expect(readFileSync(calls, "utf8")).not.toContain("cancel\n");
  });
});

test("a container that was being made is removed, and standard output stays that of the command", async () => {
  const operation = {
    type: "creating",
    resource: { type: "docker:index/container:Container", inputs: { name: "grafana" } },
  };
  const values = Object.entries(configuration({ ...smallest, vps: "local" }));
  const config = Object.fromEntries(values.map(([name, value]) => [name, { value }]));
  writeFileSync(
    join(folder, "state.json"),
    JSON.stringify({ deployment: { pending_operations: [operation] } }),
  );
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  const docker = `#!/bin/sh\necho "$*" >>'${calls}'\n[ "$1" != ps ] || echo 0123\n`;
  writeFileSync(join(folder, "docker"), docker, { mode: 0o755 });
  const printed = jest.spyOn(console, "log").mockImplementation();
  const reported = jest.spyOn(console, "error").mockImplementation();
  await clear("home");
  expect(readFileSync(calls, "utf8")).toContain("rm --force --volumes 0123\n");
  expect(reported).toHaveBeenCalledWith("Removed grafana, which an interrupted run had begun to make.");
  expect(printed).not.toHaveBeenCalled();
});
