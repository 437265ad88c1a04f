import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, rmSync, statSync, symlinkSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { controlPath, sshOptions } from "../../../../components/machine/ssh";
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
  expect(controlPath(home, temporary)).toBe("~/.ssh/pi-monitoring-%C");
  expect(statSync(join(home, ".ssh")).mode & 0o777).toBe(0o700);
  expect(existsSync(folder)).toBe(false);
});

test.each([longHome, `/home/${"a".repeat(200)}`, `/home/${"ü".repeat(14)}`])(
  "of the home %s, the socket is in a folder that only the user may read",
  (home) => {
    expect(controlPath(home, temporary)).toBe(`${folder}/%C`);
    expect(controlPath(home, temporary)).toBe(`${folder}/%C`);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  },
);

test("no path is longer than a socket's may be", () => {
  for (let length = 1; length < 120; length++) {
    const home = join(temporary, "h".repeat(length));
    const path = controlPath(home, temporary)
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
  controlPath(longHome, temporary);
  chmodSync(folder, 0o755);
  expect(controlPath(longHome, temporary)).toBe("none");
});

test("a link is not followed", () => {
  symlinkSync(temporary, folder);
  expect(controlPath(longHome, temporary)).toBe("none");
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
