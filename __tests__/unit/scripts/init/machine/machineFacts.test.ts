import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseMachineFacts, type MachineFacts } from "../../../../../scripts/init/machine/machineFacts";
import { projectRoot } from "../../../../support/projectRoot";
import { temporaryFolder } from "../../../../support/temporaryFolder";

const script = join(projectRoot, "scripts/init/machine/machineFacts.sh");
const machine = { host: "kube-0.local", port: 22, user: "pi", key: "agent", hostKey: "unchecked" };

test.each(["server", "node"])("a %s reports its facts", (kind) => {
  const output = execFileSync("sh", [script, kind], { encoding: "utf8" });
  const facts = parseMachineFacts(output, machine);
  expect(facts).toMatchObject({
    hostname: expect.stringMatching(/./) as string,
    architecture: expect.stringMatching(/./) as string,
  });
  const told = kind === "server" ? (facts.docker ?? facts.dockerError) : facts.sudo;
  expect(told).toMatch(/./);
});

test("a value may have any character", () => {
  const output = "hostname=vps\narchitecture=x86_64\ndockerError=a=b; c\n";
  expect(parseMachineFacts(output, machine)).toMatchObject({ dockerError: "a=b; c" });
});

test("packages are those that apt offers, and what it does not offer is empty", () => {
  const output =
    "hostname=kube-0\narchitecture=aarch64\napt=lists\npackage=prometheus 2.42.0+ds-5+b5\npackage=other \n";
  expect(parseMachineFacts(output, machine)).toMatchObject({
    apt: "lists",
    packages: { prometheus: "2.42.0+ds-5+b5", other: "" },
  });
});

describe("what answers docker", () => {
  const folder = temporaryFolder();

  // As podman-docker of Debian has it.
  const emulates =
    "echo 'Emulate Docker CLI using podman. Create /etc/containers/nodocker to quiet msg.' >&2";
  const answers = (version: string, name: string, options = ""): string => `case "$1" in
  version) echo '${version}' ;;
  --version) echo '${name}' ;;
  info) echo '[name=seccomp,profile=builtin${options}]' ;;
esac`;

  test.each<[string, string, Partial<MachineFacts>]>([
    ["Docker", answers("26.1.5+dfsg1", "Docker version 26.1.5+dfsg1"), { docker: "26.1.5+dfsg1" }],
    [
      "one that warns",
      `echo 'WARNING: Error loading config file' >&2\n${answers("28.3.0", "Docker version 28.3.0")}`,
      { docker: "28.3.0" },
    ],
    [
      "podman",
      `${emulates}\n${answers("4.3.1", "podman version 4.3.1")}`,
      { docker: "4.3.1", dockerKind: "podman" },
    ],
    [
      "podman without a service",
      `${emulates}\n[ "$1" = version ] && exit 125\n${answers("", "podman version 5.4.2")}`,
      {
        dockerError: "Emulate Docker CLI using podman. Create /etc/containers/nodocker to quiet msg. ",
        dockerKind: "podman",
      },
    ],
    [
      "a rootless engine",
      answers("26.1.5", "Docker version 26.1.5", " name=rootless"),
      { docker: "26.1.5", dockerKind: "rootless" },
    ],
  ])("is %s", (_what, body, expected) => {
    writeFileSync(join(folder, "docker"), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    const path = `${folder}:${process.env["PATH"] ?? ""}`;
    const output = execFileSync("/bin/sh", [script, "server"], { encoding: "utf8", env: { PATH: path } });
    const { docker, dockerError, dockerKind } = parseMachineFacts(output, machine);
    expect({ docker, dockerError, dockerKind }).toEqual({
      docker: undefined,
      dockerError: undefined,
      dockerKind: undefined,
      ...expected,
    });
  });
});

describe("a node", () => {
  const folder = temporaryFolder();

  beforeEach(() => {
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    // The real one takes its time.
    stub("apt-cache", "exit 1");
  });

  function stub(name: string, body: string): void {
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  }

  function factsOfNode(): MachineFacts {
    const env = { PATH: `${folder}:${process.env["PATH"] ?? ""}` };
    const output = execFileSync("/bin/sh", [script, "node"], { encoding: "utf8", env });
    return parseMachineFacts(output, machine);
  }

  test.each([
    ["Candidate: 1.5.0-1", "1.5.0-1"],
    ["Candidate: (none)", ""],
    ["", ""],
  ])("of a policy such as %j, it reports %j", (policy, version) => {
    stub("apt-cache", `echo '  Installed: (none)'; echo '  ${policy}'`);
    stub("apt-get", "exit 1");
    stub("dpkg-query", "exit 1");
    stub("find", "echo a_Packages");
    expect(factsOfNode().packages["prometheus"]).toBe(version);
  });

  test("its daemons are known by their processes, and ours by their units", async () => {
    stub("systemctl", '[ "$3" = pi-monitoring-prometheus.service ]');
    const program = join(folder, "node_exporter");
    copyFileSync(execFileSync("which", ["sleep"], { encoding: "utf8" }).trim(), program);
    const daemon = spawn(program, ["60"]);
    await once(daemon, "spawn");
    const { others, own } = factsOfNode();
    expect(others).toContainEqual({ daemon: "nodeExporter", group: expect.stringMatching(/^\//) as string });
    expect(own).toEqual(["prometheus"]);
    daemon.kill();
    await once(daemon, "exit");
  });

  test.each([
    ["asks", "pi L 2026-04-13 0 99999 7 -1", "none"],
    ["asks", "pi P 2026-04-13 0 99999 7 -1", undefined],
    ["works", "pi L 2026-04-13 0 99999 7 -1", undefined],
  ])("of a user whose sudo %s and whose password is %j, it reports %j", (sudo, status, password) => {
    // `sudo -l` may list what asks all the same, and a user's earlier answer at a terminal must not count.
    stub("id", "echo 1000");
    stub("sudo", `${sudo === "works" ? 'case "$*" in "-k -n "*) shift 2; exec "$@" ;; esac' : ""}\nexit 1`);
    stub("passwd", `echo '${status}'`);
    expect(factsOfNode()).toMatchObject({ sudo });
    expect(factsOfNode().password).toBe(password);
  });
});

// As the images of some clouds do.
test("a login that asks for another user is an error with its words", () => {
  const output = 'Please login as the user "debian" rather than the user "root".\n';
  expect(() => parseMachineFacts(output, machine)).toThrow(
    'pi@kube-0.local has no shell that answers, only: Please login as the user "debian"',
  );
});
