import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { delimiter, join } from "node:path";
import { type PortOwner, readPortOwners } from "../../../../scripts/remote/portOwners";
import { Server as Machine } from "../../../../scripts/remote/server";
import { temporaryFolder } from "../../../support/temporaryFolder";

const folder = temporaryFolder();
const path = process.env["PATH"] ?? "";
let listening: Server;

/** Puts a program in front of those of this machine. */
function standIn(name: string, script: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

async function ownersOf(...ports: number[]): Promise<PortOwner[] | undefined> {
  const owners = await readPortOwners(new Machine("local"));
  return owners?.filter(({ port }) => ports.includes(port));
}

beforeAll(async () => {
  listening = createServer().listen(0, "127.0.0.1");
  await once(listening, "listening");
});

beforeEach(() => {
  process.env["PATH"] = [folder, path].join(delimiter);
  standIn("docker", "exit 1");
});

afterEach(() => {
  process.env["PATH"] = path;
  rmSync(join(folder, "ss"), { force: true });
});

afterAll(() => {
  listening.close();
});

function listeningPort(): number {
  return (listening.address() as AddressInfo).port;
}

test("ss shows processes and control groups, as far as the user may see them", async () => {
  const container = `/docker/${"0".repeat(64)}`;
  const exporter = "/system.slice/node_exporter.service";
  standIn(
    "ss",
    `cat <<'END'
LISTEN 0      4096   127.0.0.1:9090 0.0.0.0:* cgroup:${container} <-> cgroup:${container}
LISTEN 0      4096           *:9100       *:* users:(("exporter",pid=7,fd=6)) ino:1 sk:1 cgroup:${exporter} <-> cgroup:${exporter}
LISTEN 0      4096        [::]:9199    [::]:* cgroup:unreachable:1a2b <-> cgroup:unreachable:1a2b
LISTEN 0      128      0.0.0.0:9101 0.0.0.0:*
END`,
  );
  expect(await ownersOf(9090, 9100, 9101, 9199)).toEqual([
    { address: "127.0.0.1", port: 9090, name: "a container" },
    { address: "*", port: 9100, name: "exporter (node_exporter.service)" },
    { address: "[::]", port: 9199, name: "another process" },
    { address: "0.0.0.0", port: 9101, name: "another process" },
  ]);
});

test("an ss without --cgroup is replaced by the kernel's tables", async () => {
  standIn("ss", `case "$*" in *--cgroup*) echo "ss: unrecognized option '--cgroup'" >&2; exit 255 ;; esac`);
  const port = listeningPort();
  expect(await ownersOf(port)).toEqual([{ address: "127.0.0.1", port, name: "another process" }]);
});

test("a machine without ss is read by the kernel's tables", async () => {
  for (const name of ["bash", "cat", "sed", "sh"]) {
    symlinkSync(execFileSync("which", [name], { encoding: "utf8" }).trim(), join(folder, name));
  }
  process.env["PATH"] = folder;
  const port = listeningPort();
  expect(await ownersOf(port)).toEqual([{ address: "127.0.0.1", port, name: "another process" }]);
});
