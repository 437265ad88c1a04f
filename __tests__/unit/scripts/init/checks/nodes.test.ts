import { writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { inspectNode } from "../../../../../scripts/init/checks/nodes";
import { temporaryFolder } from "../../../../support/temporaryFolder";

const folder = temporaryFolder();
const path = process.env["PATH"] ?? "";

beforeAll(() => {
  process.env["PATH"] = [folder, path].join(delimiter);
});

afterAll(() => {
  process.env["PATH"] = path;
});

/** Inspects a node that is given by its address, where an `ssh` on the path answers as a machine of that hostname. */
async function inspect(hostname: string): Promise<string> {
  const facts = [`'hostname=${hostname}'`, "architecture=aarch64", "systemd=252", "apt=empty", "sudo=works"];
  const script = `#!/bin/sh\ncat >/dev/null\nprintf '%s\\n' ${facts.join(" ")}\n`;
  writeFileSync(join(folder, "ssh"), script, { mode: 0o755 });
  const machine = { host: "192.168.1.4", port: 22, user: "pi", key: "agent", hostKey: "unchecked" };
  return (await inspectNode(machine, false)).node.name;
}

test("a node that is given by its address has the name of the machine", async () => {
  expect(await inspect("Kube-0.home.arpa")).toBe("kube-0");
});

test.each(["pi_4", "(none)"])(
  "a machine called %s is refused before anything is written",
  async (hostname) => {
    await expect(inspect(hostname)).rejects.toThrow(
      `192.168.1.4 is called "${hostname}", and the name of a node must be lower-case letters, digits and hyphens, such as kube-0: \`sudo hostnamectl set-hostname NAME\` there.`,
    );
  },
);
