import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { controlPath, jumpCommand, sshOptions } from "../../../../components/machine/ssh";
import { hostKey } from "../../../support/exampleSettings";
import { projectRoot } from "../../../support/projectRoot";
import { temporaryFolder } from "../../../support/temporaryFolder";

const { uid } = userInfo();
const temporary = temporaryFolder("/tmp");
const folder = join(temporary, `pi-monitoring-${uid}`);

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const longHome = "/home/corp.example.com/first.last";

test("the socket is in the home, in a folder that only the user may read", () => {
  const home = join(temporary, "home");
  expect(controlPath("", home, temporary)).toBe("~/.ssh/pi-monitoring-%C");
  expect(statSync(join(home, ".ssh")).mode & 0o777).toBe(0o700);
  expect(existsSync(folder)).toBe(false);
});

test.each([longHome, `/home/${"a".repeat(200)}`, `/home/${"ü".repeat(14)}`])(
  "of the home %s, the socket is in a folder that only the user may read",
  (home) => {
    expect(controlPath("", home, temporary)).toBe(`${folder}/%C`);
    expect(controlPath("", home, temporary)).toBe(`${folder}/%C`);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  },
);

test("no path is longer than a socket's may be", () => {
  for (let length = 1; length < 120; length++) {
    const home = join(temporary, "h".repeat(length));
    const path = controlPath("12345678-", home, temporary)
      .replace("~", home)
      .replace("%C", "c".repeat(40 + 17));
    expect({ length, fits: path.length <= 103 }).toEqual({ length, fits: true });
  }
});

test("~ is the same folder as for ssh, whatever HOME is", () => {
  const env = { ...process.env, HOME: temporary };
  const script = 'process.stdout.write(require("./components/machine/ssh").expandHome("~/.ssh/id"))';
  const options = ["--require", "./typescript.cjs", "--eval", script];
  const { stdout: ours } = spawnSync(process.execPath, options, { cwd: projectRoot, env, encoding: "utf8" });
  const { stdout } = spawnSync("ssh", ["-G", "-o", "ControlPath=~/.ssh/id", "vps"], {
    env,
    encoding: "utf8",
  });
  expect(stdout).toContain(`\ncontrolpath ${ours}\n`);
});

test("a folder that others may read is not used", () => {
  controlPath("", longHome, temporary);
  chmodSync(folder, 0o755);
  expect(controlPath("", longHome, temporary)).toBe("none");
});

test("a link is not followed", () => {
  symlinkSync(temporary, folder);
  expect(controlPath("", longHome, temporary)).toBe("none");
});

test.each(["/keys/id", "/my keys/id", '/a"b', "/a\\b", "/a'b", "/a$b", "/ü#=b"])(
  "ssh reads the path of the key %s",
  (key) => {
    const options = sshOptions({ host: "vps", port: 22, user: "pi", key, hostKey });
    const { status, stdout, stderr } = spawnSync("ssh", ["-G", ...options, "vps"], { encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain(`\nidentityfile ${key}\n`);
  },
);

test("ssh would replace what a % in the path of the key begins", () => {
  expect(sshOptions({ host: "vps", port: 22, user: "pi", key: "/100%h", hostKey })).toContain(
    "IdentityFile=/100%%h",
  );
});

describe("behind a jump host", () => {
  const node = { host: "fd00::7", port: 2222, user: "pi", key: "agent", hostKey };
  const stub = join(temporary, "stub");
  const ssh = spawnSync("sh", ["-c", "command -v ssh"], { encoding: "utf8" }).stdout.trim();

  beforeAll(() => {
    writeFileSync(join(temporary, "ssh"), `#!/bin/sh\nprintf '%s\\0' "$@" >'${stub}'\n`, { mode: 0o755 });
  });

  test.each(["/keys/id", "/my keys/id", '/a"b', "/a\\b", "/a'b", "/a\\'b\\", "/a$b`c!", "/ü#=b", "/100%h"])(
    "ssh gives the path of the jump host's key on to a second ssh: %s",
    (key) => {
      const jump = { host: "vps", port: 23, user: "root", key, hostKey };
      const options = sshOptions({ ...node, jump });
      const proxyCommand = options.find((each) => each.startsWith("ProxyCommand=")) ?? "";
      // `%%` is the only thing that ssh replaces in it.
      expect(proxyCommand.replaceAll("%%", "")).not.toContain("%");
      const { status } = spawnSync(ssh, [...options, "pi@fd00::7"], {
        env: { ...process.env, PATH: `${temporary}:${process.env["PATH"] ?? ""}`, SHELL: "/bin/sh" },
        encoding: "utf8",
      });
      expect(status).toBe(255);
      const words = readFileSync(stub, "utf8").split("\0").slice(0, -1);
      expect(["ssh", ...words]).toEqual(jumpCommand(jump, "fd00::7", 2222));
      expect(words.slice(-3)).toEqual(["-W", "[fd00::7]:2222", "root@vps"]);
    },
  );

  test("the login there is shared, and that to the node is not: another network may have its address", () => {
    const jump = { host: "vps", port: 22, user: "root", key: "agent", hostKey: "unchecked" };
    const options = sshOptions({ ...node, jump }).filter((each) => !each.startsWith("ProxyCommand="));
    expect(options.filter((each) => each.startsWith("Control"))).toEqual(["ControlPath=none"]);
    expect(jumpCommand(jump, "kube-1", 22).join(" ")).toContain("ControlMaster=auto");
  });

  test("a login there is shared with none that has checked another host key", () => {
    const jump = { host: "vps", port: 22, user: "root", key: "agent", hostKey };
    const socketOf = (options: readonly string[]): string | undefined =>
      options.find((each) => each.startsWith("ControlPath="));
    const sockets = [
      sshOptions(jump),
      jumpCommand(jump, "kube-1", 22),
      jumpCommand({ ...jump, hostKey: "unchecked" }, "kube-1", 22),
    ].map(socketOf);
    expect(new Set(sockets).size).toBe(3);
    expect(socketOf(jumpCommand(jump, "kube-2", 22))).toBe(sockets[1]);
  });
});
