import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { sudoersLine } from "../../../../../components/machine/remoteScript";
import { UserError } from "../../../../../components/userError";
import {
  checkSudoPassword,
  passwordMissing,
  permitCommand,
  permitSudo,
} from "../../../../../scripts/init/machine/sudo";
import { runScript } from "../../../../support/runScript";
import { projectRoot } from "../../../../support/projectRoot";
import { temporaryFolder } from "../../../../support/temporaryFolder";

const script = readFileSync(join(projectRoot, "scripts/init/machine/permitSudo.sh"), "utf8");
const line = sudoersLine("pi");
const machine = { host: "kube-0.local", port: 22, user: "pi", key: "agent", hostKey: "unchecked" };
const machines = [machine, { ...machine, host: "kube-1.local" }];
const password = "MY-PASSWORD";

const folder = temporaryFolder();

beforeEach(() => {
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
});

describe("the password of sudo", () => {
  const path = process.env["PATH"] ?? "";

  beforeEach(() => {
    process.env["PATH"] = `${folder}:${path}`;
  });

  afterEach(() => {
    process.env["PATH"] = path;
  });

  /** Puts an `ssh` on the PATH that keeps its words, its environment and its input, and runs `body`. */
  function answer(body: string): void {
    const keep = `call=$(mktemp -d "${folder}/call-XXXXXX")
printf '%s\\n' "$@" >"$call/words"
env >"$call/environment"
cat >"$call/input"`;
    writeFileSync(join(folder, "ssh"), `#!/bin/sh\n${keep}\n${body}\n`);
    chmodSync(join(folder, "ssh"), 0o755);
  }

  function calls(file: "words" | "environment" | "input"): string[] {
    return readdirSync(folder)
      .filter((name) => name.startsWith("call-"))
      .map((name) => readFileSync(join(folder, name, file), "utf8"));
  }

  /** The argument of the script in each call, which says what the script does. */
  function verbs(): (string | undefined)[] {
    return calls("words").map((words) => / sh (\w+) '/.exec(words)?.[1]);
  }

  test("is tried without a script, whose lines sudo would take for further attempts", async () => {
    answer("echo 'Sorry, try again.' >&2; echo 'sudo: 1 incorrect password attempt' >&2; exit 1");
    await expect(checkSudoPassword(password, machines)).rejects.toThrow(
      new UserError(
        "sudo on kube-0.local, kube-1.local does not accept this password. (For a machine with another one, docs/production.md has a command.)",
      ),
    );
    expect(calls("input")).toEqual([`${password}\n`, `${password}\n`]);
  });

  test("is on standard input alone, before the script", async () => {
    answer("");
    const result = await checkSudoPassword(password, [machine]);
    expect(result).toEqual({
      value: password,
      warnings: [
        {
          lines: ["/etc/sudoers.d/pi-monitoring on kube-0.local:", `  ${line}`],
          question: expect.stringContaining("May init write this line there?") as string,
          flag: "yes",
        },
      ],
    });
    expect(calls("input").sort()).toEqual([`${password}\n`, `${password}\n${script}`]);
    expect([...calls("words"), ...calls("environment")].join("\n")).not.toContain(password);
    expect(verbs()).toEqual(["inspect", "inspect"]);
  });

  test.each([
    ["", "must be one line, and not empty"],
    ["one\ntwo", "must be one line, and not empty"],
  ])("such as %j is refused here", async (wrong, said) => {
    answer("");
    await expect(checkSudoPassword(wrong, machines)).rejects.toThrow(said);
    expect(calls("input")).toEqual([]);
  });

  test.each([
    [
      "echo 'pi is not in the sudoers file.' >&2; exit 1",
      `pi is not in the sudoers file on kube-0.local, or may not run everything with sudo: as root there, \`(umask 0337; echo '${line}' >`,
    ],
    [
      "echo 'Sorry, user pi is not allowed to execute x as root on kube-0.' >&2; exit 1",
      "pi is not in the sudoers file on kube-0.local, or may not run everything with sudo",
    ],
    [
      "echo lecture >&2; echo 'sudo: account validation failure, is your account locked?' >&2; exit 1",
      "kube-0.local: sudo fails: sudo: account validation failure, is your account locked?",
    ],
    [
      "echo 'Connection refused' >&2; exit 255",
      "kube-0.local: sudo fails: pi@kube-0.local cannot be logged in to: Connection refused",
    ],
    ["echo 'refusal=It has other lines.'", "kube-0.local: It has other lines."],
  ])("is not blamed for %s", async (body, said) => {
    answer(body);
    await expect(checkSudoPassword(password, [machine])).rejects.toThrow(said);
  });

  test("is right, but sudo asks all the same", async () => {
    answer("printf 'hostname=kube-0\\narchitecture=aarch64\\nsudo=asks\\n'");
    await expect(permitSudo(password, [machine])).rejects.toMatchObject({
      name: "UserError",
      message: expect.stringContaining("sudo on kube-0.local still asks pi, though") as string,
    });
  });

  test("has done its work when sudo asks no more", async () => {
    answer("printf 'hostname=kube-0\\narchitecture=aarch64\\nsudo=works\\n'");
    await permitSudo(password, [machine]);
    expect(calls("input")).toContain(`${password}\n${script}`);
    expect(verbs()).toContain("apply");
  });

  test("is not run as a command where sudo does not read it", async () => {
    answer("");
    await checkSudoPassword(password, [machine]);
    const said = calls("words").map((words) =>
      spawnSync("sh", ["-c", words.slice(words.indexOf("sh -c"))], {
        input: `touch ${folder}/run\n#!/bin/sh\necho "it runs $1"\n`,
        encoding: "utf8",
      }),
    );
    const expected = { status: 0, stdout: "it runs inspect\n", stderr: "" };
    expect(said).toMatchObject([expected, expected]);
    expect(existsSync(join(folder, "run"))).toBe(false);
  });
});

describe("the command by which a person writes the line", () => {
  test("is the one of docs/production.md", () => {
    const text = readFileSync(join(projectRoot, "docs/production.md"), "utf8");
    expect(text.replace(/\\\n\s*/g, "")).toContain(`\n${permitCommand(machine)}\n`);
  });

  test("is named without a terminal, with the flag that does the same", () => {
    const elsewhere = { ...machine, port: 2222, key: "~/.ssh/id_pi" };
    expect(passwordMissing(elsewhere)).toBe(
      `sudo asks pi for a password on kube-0.local: give it by --sudo-password-file FILE, or at a terminal: \`ssh -t -p 2222 -i ~/.ssh/id_pi pi@kube-0.local "echo '${line}' | sudo sh -c 'umask 0337; cat > /etc/sudoers.d/pi-monitoring'"\``,
    );
  });

  test("writes the line as sudo wants it", () => {
    const file = join(folder, "pi-monitoring");
    writeFileSync(join(folder, "sudo"), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
    // As ssh does, which hands the shell there its last word.
    writeFileSync(join(folder, "ssh"), '#!/bin/sh\nexec sh -c "$3"\n', { mode: 0o755 });
    const command = permitCommand(machine).replace("/etc/sudoers.d/pi-monitoring", file);
    const env = { PATH: `${folder}:${process.env["PATH"] ?? ""}` };
    expect(spawnSync("sh", ["-c", command], { env, encoding: "utf8" })).toMatchObject({
      status: 0,
      stderr: "",
    });
    expect(readFileSync(file, "utf8")).toBe(`${line}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o440);
  });
});

describe("permitSudo.sh", () => {
  const checked = 'chown() { :; }\nvisudo() { [ "$1" = -cqf ] && grep -q NOPASSWD "$2"; }';

  /** Where sudo has its files, and the one in question. */
  function sudoers(): { readonly place: string; readonly file: string } {
    const place = join(folder, "sudoers.d");
    mkdirSync(place, { recursive: true });
    return { place, file: join(place, "pi-monitoring") };
  }

  function permit(verb: string, stubs = checked): ReturnType<typeof runScript> {
    return runScript(script.replace("/etc/sudoers.d", sudoers().place), [verb, line], stubs);
  }

  test("writes the line with the mode that sudo wants, and again without harm", () => {
    const { place, file } = sudoers();
    for (const verb of ["apply", "apply"]) {
      expect(permit(verb)).toMatchObject({ status: 0, stdout: "", stderr: "" });
      expect(readFileSync(file, "utf8")).toBe(`${line}\n`);
      expect(statSync(file).mode & 0o777).toBe(0o440);
      expect(readdirSync(place)).toEqual(["pi-monitoring"]);
    }
  });

  test("changes nothing when it only looks", () => {
    expect(permit("inspect")).toMatchObject({ status: 0, stdout: "" });
    expect(readdirSync(sudoers().place)).toEqual([]);
  });

  test.each(["inspect", "apply"])("refuses to replace other lines (%s)", (verb) => {
    const { file } = sudoers();
    writeFileSync(file, "# mine\n");
    expect(permit(verb)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^refusal=\S+pi-monitoring has other lines, and they stay/) as string,
    });
    expect(readFileSync(file, "utf8")).toBe("# mine\n");
  });

  test("leaves nothing of a line that visudo does not take", () => {
    expect(permit("apply", "chown() { :; }\nvisudo() { return 1; }").status).not.toBe(0);
    expect(readdirSync(sudoers().place)).toEqual([]);
  });
});
