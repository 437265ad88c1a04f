import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseMachineFacts } from "../../scripts/init/machineFacts";

const script = join(__dirname, "../../scripts/init/machineFacts.sh");
const machine = { host: "kube-0.local", port: 22, user: "pi", key: "agent", hostKey: "unchecked" };

test.each(["server", "node"])("a %s tells of itself", (kind) => {
  const output = execFileSync("sh", [script, kind], { encoding: "utf8" });
  const facts = parseMachineFacts(output, machine);
  expect(facts).toMatchObject({
    hostname: expect.stringMatching(/./) as string,
    architecture: expect.stringMatching(/./) as string,
  });
  const told = kind === "server" ? (facts.docker ?? facts.dockerError) : facts.sudo;
  expect(told).toMatch(/./);
});

test("ports that are listened on are numbers, and a value may have any character", () => {
  const output = "hostname=vps\narchitecture=x86_64\ndockerError=a=b; c\nlistens=80\nlistens=443\n";
  expect(parseMachineFacts(output, machine)).toMatchObject({ listens: [80, 443], dockerError: "a=b; c" });
});

test("packages are those that apt offers, and what it does not offer is empty", () => {
  const output =
    "hostname=kube-0\narchitecture=aarch64\napt=lists\npackage=prometheus 2.42.0+ds-5+b5\npackage=other \n";
  expect(parseMachineFacts(output, machine)).toMatchObject({
    apt: "lists",
    packages: { prometheus: "2.42.0+ds-5+b5", other: "" },
  });
});

test.each([
  ["Candidate: 1.5.0-1", "1.5.0-1"],
  ["Candidate: (none)", ""],
  ["", ""],
])("of a policy such as %j, a node reports %j", (policy, version) => {
  const folder = mkdtempSync(join(tmpdir(), "facts-"));
  try {
    const stub = (name: string, body: string): void => {
      writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    };
    stub("apt-cache", `echo '  Installed: (none)'; echo '  ${policy}'`);
    stub("apt-get", "exit 1");
    stub("dpkg-query", "exit 1");
    stub("find", "echo a_Packages");
    const env = { PATH: `${folder}:${process.env["PATH"] ?? ""}` };
    const facts = parseMachineFacts(execFileSync("sh", [script, "node"], { encoding: "utf8", env }), machine);
    expect(facts.packages["prometheus"]).toBe(version);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

// As the images of some clouds do.
test("a user who is only told to be another one is told so", () => {
  const output = 'Please login as the user "debian" rather than the user "root".\n';
  expect(() => parseMachineFacts(output, machine)).toThrow(
    'pi@kube-0.local has no shell that answers; it says: Please login as the user "debian"',
  );
});
